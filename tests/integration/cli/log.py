#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--log and --log-format: the channel from which engines learn why a command failed."""

import datetime
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
from harness import case  # noqa: E402


class Log(case.CliCase):
    def lines(self, path):
        with open(path, encoding='utf-8') as f:
            text = f.read()
        self.assertTrue(text.endswith('\n'))
        return text.splitlines()

    def test_json(self):
        """podman: --log-format=json --log F, and the file is one object; containerd takes the last error"""
        log = self.path('log.json')
        error = self.refuse('does not exist', '--log-format=json', '--log', log, 'start', self.fresh_id()).err
        self.assertTrue(error.startswith('contain-run: '))
        line, = self.lines(log)
        record = json.loads(line)
        self.assertEqual(set(record), {'level', 'msg', 'time'})
        self.assertEqual(record['level'], 'error')
        self.assertEqual(f'contain-run: {record["msg"]}\n', error)
        self.assertLess(abs(datetime.datetime.fromisoformat(record['time'].replace('Z', '+00:00')) -
                            datetime.datetime.now(datetime.timezone.utc)), datetime.timedelta(seconds=60))

    def test_appends(self):
        log = self.path('log.json')
        with open(log, 'w', encoding='ascii') as f:
            f.write('{"level":"info","msg":"before","time":""}\n')
        for _ in range(2):
            self.refuse('', '--log', log, '--log-format', 'json', 'state', self.fresh_id())
        self.assertEqual([json.loads(line)['level'] for line in self.lines(log)], ['info', 'error', 'error'])

    def test_error_is_last(self):
        log = self.path('log.json')
        self.refuse('', '--debug', '--log', log, '--log-format', 'json', 'run', '--bundle',
                    self.bundle('/absent').path, self.fresh_id())
        records = [json.loads(line) for line in self.lines(log)]
        self.assertEqual(records[-1]['level'], 'error')
        self.assertIn('/absent', records[-1]['msg'])

    def test_text(self):
        log = self.path('log')
        self.refuse('', '--log', log, 'state', self.fresh_id())
        self.assertRegex(self.lines(log)[0], r'^time="[^"]+" level=error msg="container does not exist.*"$')

    def test_standard_error(self):
        result = self.cli('--log-format', 'json', 'state', self.fresh_id())
        self.assertEqual(result.status, 1)
        self.assertIn('does not exist', json.loads(result.err)['msg'])

    def test_any_bytes(self):
        """What users give is in the message, and the record stays JSON in UTF-8"""
        log = self.path('log.json')
        self.refuse('', '--log', log, '--log-format', 'json', 'frob"\\\n\x01\x7f\udcff\udcc0\udc80ö')
        msg = json.loads(self.lines(log)[0])['msg']
        self.assertIn('"\\\n\x01\x7f', msg)
        self.assertTrue(msg.rstrip("'").endswith('\ufffd\ufffd\ufffdö'), msg)

    def test_log_that_cannot_be_written(self):
        result = self.cli('--log', '/absent/log', 'state', self.fresh_id())
        self.assertEqual(result.status, 1)
        self.assertIn('does not exist', result.err)

    def test_schemes(self):
        """crun: --log=file:PATH, and journald:ID from conmon-rs, which is no file"""
        log = self.path('log')
        self.refuse('', f'--log=file:{log}', 'state', self.fresh_id())
        self.assertEqual(len(self.lines(log)), 1)
        self.refuse('', '--log=journald:tag', 'state', self.fresh_id(), cwd=self.place)
        self.assertFalse(os.path.exists(self.path('journald:tag')))

    def test_success_is_silent(self):
        for options in ([], ['--log', self.path('log')]):
            result = self.succeed(*options, 'run', '--bundle', self.bundle().path, self.fresh_id())
            self.assertEqual((result.out, result.err), ('', ''))


if __name__ == '__main__':
    case.main()
