#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images that are damaged, that lie, or that want too much: each is refused with its reason, and nothing is left."""

import gzip
import json
import lzma
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
from harness import case                                                           # noqa: E402
from harness.image_files import CONFIG, LAYER, Files, digest, tagged, tar          # noqa: E402

TAR = tar({'a': b'content' * 5000})
OTHER = tar({'b': b''})


class DamagedCase(case.CliCase):
    def save(self, files):
        return 'oci:' + files.save(self.fresh_path('layout'))

    def refuse_image(self, text, name, code, **options):
        """Nobody inspects or unpacks it, and nothing is left."""
        target = self.fresh_path('root')
        result = self.refuse(text, 'unpack', '--quiet', name, target, **options)
        self.assertIn(f'[CT-{code}]', result.err, str(result))
        self.assertFalse(os.path.lexists(target), 'something is left')

    def write(self, name, data):
        path = self.fresh_path(name)
        with open(path, 'wb') as f:
            f.write(data)
        return path


class Blobs(DamagedCase):
    def image(self, change):
        """An image of one layer, and the descriptors of its parts for @change."""
        files = Files()
        config, layer = files.config([TAR]), files.layer(TAR)
        manifest = files.manifest(config, [layer])
        change(files, config, layer, manifest)
        return self.save(files.index(manifest))

    def test_other_bytes_than_the_digest_says(self):
        other = gzip.compress(OTHER)
        for name in ('config', 'layer', 'manifest'):
            def change(files, config, layer, manifest, name=name):
                blob = {'config': config, 'layer': layer, 'manifest': manifest}[name]
                data = bytearray(files.files['blobs/sha256/' + blob['digest'][7:]])
                data[-9] ^= 1       # for gzip: the checksum's neighbour
                files.change(blob, bytes(data))
            with self.subTest(name):
                path = self.image(change)
                target = self.fresh_path('root')
                result = self.cli('unpack', '--quiet', path, target)
                self.assertEqual(result.status, 1)
                self.assertRegex(result.err, r'CT-60[59]')
                self.assertFalse(os.path.lexists(target))
        path = self.image(lambda files, config, layer, manifest: files.change(layer, other + b'\0' * (layer['size'] - len(other))))
        self.refuse_image('has the digest', path, 609)

    def test_other_sizes_than_announced(self):
        def cut(files, config, layer, manifest):
            files.change(layer, files.files['blobs/sha256/' + layer['digest'][7:]][:-20])

        def add(files, config, layer, manifest):
            files.change(layer, files.files['blobs/sha256/' + layer['digest'][7:]] + b'\0')
        self.refuse_image('ends after', self.image(cut), 609)
        self.refuse_image('more than its', self.image(add), 609)

    def test_missing_blobs(self):
        for which in range(3):
            path = self.image(lambda files, *blobs, which=which: files.remove(blobs[which]))
            self.refuse_image('has no file', path, 602)

    def test_layers_that_are_cut_off(self):
        packed = {'gzip': gzip.compress(TAR), 'xz': lzma.compress(TAR),
                  'zstd': subprocess.run(['zstd', '-qc'], input=TAR, stdout=subprocess.PIPE, check=True).stdout}
        for form, data in packed.items():
            with self.subTest(form):
                files = Files()
                layer = files.blob(data[:len(data) // 2], LAYER + '+' + form)
                files.index(files.manifest(files.config([TAR]), [layer]))
                self.refuse_image('ends too early', self.save(files), 605)

    def test_layers_of_another_diff_id(self):
        files = Files()
        files.index(files.manifest(files.config([OTHER]), [files.layer(TAR)]))
        self.refuse_image(f"not '{digest(OTHER)}'", self.save(files), 609)
        # not compressed, where one digest stands for both
        files.index(files.manifest(files.config([TAR]), [files.layer(TAR, bytes, LAYER)]))
        self.succeed('unpack', '--quiet', self.save(files), self.fresh_path('root'))
        layer = files.layer(TAR, bytes, LAYER)
        files.change(layer, OTHER + b'\0' * (len(TAR) - len(OTHER)))
        self.refuse_image('has the digest', self.save(files), 609)

    def test_a_digest_that_is_that_of_the_compressed_layer(self):
        """Both digests alike, but the layer is compressed: what is unpacked has to have it, too."""
        files = Files()
        layer = files.layer(TAR)
        config = files.blob({'os': 'linux', 'rootfs': {'type': 'layers', 'diff_ids': [layer['digest']]}}, CONFIG)
        self.refuse_image('has the digest', self.save(files.index(files.manifest(config, [layer]))), 609)

    def test_blobs_that_are_no_files(self):
        files = Files()
        manifest = files.image(TAR)
        path = files.index(manifest).save(self.path('layout'))
        blob = os.path.join(path, 'blobs/sha256', manifest['digest'][7:])
        data = files.files['blobs/sha256/' + manifest['digest'][7:]]
        outside = self.write('outside', data)
        for make in (lambda: os.symlink(outside, blob), lambda: os.symlink('../../../' + os.path.basename(outside), blob),
                     lambda: os.mkfifo(blob), lambda: os.mkdir(blob), lambda: os.symlink('/proc/self/fd/0', blob)):
            os.rename(blob, self.fresh_path('old'))
            make()
            self.refuse_image('', 'oci:' + path, 602)
        os.rmdir(blob) if os.path.isdir(blob) and not os.path.islink(blob) else os.unlink(blob)
        os.rename(outside, os.path.join(path, 'inside'))
        os.symlink('../../inside', blob)
        self.succeed('unpack', '--quiet', 'oci:' + path, self.fresh_path('root'))


class Documents(DamagedCase):
    def test_documents_that_are_too_big(self):
        files = Files()
        manifest = files.image(TAR)
        self.refuse_image('more than the', self.save(files.index({**manifest, 'size': 1 << 40})), 605)
        big = files.manifest({**files.config([TAR]), 'size': 5 << 20}, [files.layer(TAR)])
        self.refuse_image('more than the', self.save(files.index(big)), 605)
        files.files['index.json'] = b'{"manifests":[' + b' ' * (5 << 20) + b']}'
        self.refuse_image('more than the', self.save(files), 605)

    def test_json_bombs(self):
        files = Files()
        for text, words, code in ((b'[' * 100000, 'nested', 305), (b'{"a":1,"a":2}', 'twice', 317), (b'', 'empty', 305),
                                  (b'{"manifests":[]} x', '', 305), (b'{"manifests":["\0"]}', '', 305),
                                  (b'\xff\xfe', '', 305)):
            files.files['index.json'] = text
            self.refuse_image(words, self.save(files), code)

    def test_indexes_without_end(self):
        files = Files()
        top = files.image(TAR)
        for _ in range(4):
            top = files.nested(top)
        self.succeed('unpack', '--quiet', self.save(files.index(top)), self.fresh_path('root'))
        for _ in range(3):
            top = files.nested(top)
        self.refuse_image('indexes one in the other', self.save(files.index(top)), 605)

    def test_what_is_no_image(self):
        files = Files()
        empty = files.blob(b'{}', 'application/vnd.oci.empty.v1+json')
        config, layer = files.config([TAR]), files.layer(TAR)
        for words, manifest in (
                ('artifact of type', files.manifest(empty, [empty])),
                ('artifact of type', files.manifest({**config, 'mediaType': 'application/vnd.cncf.helm.config.v1+json'}, [])),
                ('layer of type', files.manifest(config, [{**layer, 'mediaType': 'application/vnd.wasm.content.layer.v1+wasm'}])),
                ('encrypted layer', files.manifest(config, [{**layer, 'mediaType': LAYER + '+gzip+encrypted'}])),
                ('at once', files.manifest(config, [layer], manifests=[])),
                ('schema 1', files.blob({'schemaVersion': 1}, '')),
                ('calls itself', {**files.manifest(config, [layer]), 'mediaType': 'application/vnd.oci.image.index.v1+json'}),
                ('the configuration 1', files.manifest(config, [])),
                ('has no image', files.blob(b'x', 'application/spdx+json'))):
            with self.subTest(words):
                target = self.fresh_path('root')
                self.refuse(words, 'unpack', '--quiet', self.save(files.index(manifest)), target)
                self.assertFalse(os.path.lexists(target))
        nondistributable = {**layer, 'mediaType': 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'}
        self.succeed('unpack', '--quiet', self.save(files.index(files.manifest(config, [nondistributable]))),
                     self.fresh_path('root'))

    def test_an_image_without_layers(self):
        files = Files()
        target = self.fresh_path('root')
        self.succeed('unpack', '--quiet', self.save(files.index(files.manifest(files.config([]), []))), target)
        self.assertEqual(os.listdir(target), [])

    def test_layouts_of_other_versions(self):
        files = Files()
        files.index(files.image(TAR))
        files.files['oci-layout'] = b'{"imageLayoutVersion":"2.0.0"}'
        self.refuse_image("version '2.0.0' is not understood", self.save(files), 605)
        files.index()
        files.files['oci-layout'] = b'{"imageLayoutVersion":"1.0.0"}'
        self.refuse_image('has no image', self.save(files), 602)


class Archives(DamagedCase):
    def docker_archive(self, item, files=(), links=None):
        config = json.dumps({'os': 'linux', 'rootfs': {'type': 'layers', 'diff_ids': [digest(TAR)]}}).encode()
        item = {'Config': 'c.json', 'RepoTags': ['app:1'], 'Layers': ['l/layer.tar'], **item}
        return tar({'c.json': config, 'l/layer.tar': TAR, 'manifest.json': json.dumps([item]).encode(), **dict(files)}, links)

    def test_names_that_lead_out(self):
        for path in ('../../../etc/passwd', '/etc/passwd', 'l/../../x', '', '.', 'l', 'up/layer.tar', 'loop', 'abs'):
            with self.subTest(path):
                data = self.docker_archive({'Layers': [path]}, links={
                    'up': '../../..', 'loop': 'loop', 'abs': '/etc/passwd'})
                self.refuse_image('has no file', 'docker-archive:' + self.write('image.tar', data), 602)
                folder = Files()
                folder.files = {'c.json': b'{}', 'manifest.json': json.dumps([
                    {'Config': path, 'Layers': []}]).encode(), 'l/layer.tar': TAR}
                place = folder.save(self.fresh_path('folder'))
                self.refuse('', 'inspect', 'docker-archive:' + place)

    def test_configurations_that_are_not_what_they_are_called(self):
        name = digest(b'other')[7:] + '.json'
        data = self.docker_archive({'Config': name}, {name: b'{}'}.items())
        self.refuse_image('has the digest', 'docker-archive:' + self.write('image.tar', data), 609)

    def test_layers_of_another_diff_id(self):
        data = self.docker_archive({}, {'l/layer.tar': OTHER}.items())
        self.refuse_image('has the digest', 'docker-archive:' + self.write('image.tar', data), 609)

    def test_of_two_files_with_one_name_the_last_counts(self):
        first = tar({'l/layer.tar': OTHER})[:512 + len(OTHER)]
        data = first + self.docker_archive({})
        self.succeed('unpack', '--quiet', 'docker-archive:' + self.write('image.tar', data), self.fresh_path('root'))
        end = data.rstrip(b'\0')
        last = end + b'\0' * (-len(end) % 512) + tar({'l/layer.tar': OTHER})
        self.refuse_image('has the digest', 'docker-archive:' + self.write('image.tar', last), 609)

    def test_archives_that_are_cut_off(self):
        data = self.docker_archive({})
        files = Files()
        files.index(tagged(files.image(TAR), 't'))
        for form, whole in (('docker-archive', data), ('oci-archive', tar(files.files))):
            whole = whole.rstrip(b'\0')
            for packed in (whole, gzip.compress(whole, 1)):
                for part in (3, 2):
                    self.refuse('', 'unpack', '--quiet', f'{form}:{self.write("cut.tar", packed[:len(packed) // part])}',
                                self.fresh_path('root'))

    def test_archives_that_are_bombs(self):
        """What is decompressed before anything of it is known has the limit that was given for the whole."""
        path = self.write('bomb.tar.gz', gzip.compress(self.docker_archive({}, {'z': bytes(100 << 20)}.items()), 1))
        target = self.fresh_path('root')
        self.refuse('that may be kept', 'unpack', '--quiet', '--max-size', '1M', 'docker-archive:' + path, target)
        self.assertFalse(os.path.lexists(target))
        self.assertEqual([name for name in os.listdir('/var/tmp') if name.startswith('.contain-spool')], [])

    def test_a_pipe_that_nobody_writes_to(self):
        read_end, write_end = os.pipe()
        try:
            result = self.cli('unpack', '--quiet', '--timeout', '500ms', '-', self.fresh_path('root'), stdin=read_end)
        finally:
            os.close(read_end)
            os.close(write_end)
        self.assertEqual(result.status, 1, str(result))
        self.assertNotIn('had to be killed', result.err)

    def test_what_is_no_archive(self):
        for data, words in ((b'', 'is empty'), (b'x' * 5000, 'is damaged'), (b'\x1f\x8b\x08' + b'x' * 500, 'is damaged'),
                            (gzip.compress(b'x' * 5000), 'is damaged')):
            path = self.write('file', data)
            self.refuse_image(words, path, 605)
            self.refuse('', 'inspect', 'docker-archive:' + path)
            self.refuse('', 'inspect', 'oci-archive:' + path)

    def test_archives_of_before_docker_1_10(self):
        path = self.write('old.tar', tar({'repositories': b'{}', digest(TAR)[7:] + '/layer.tar': TAR}))
        result = self.refuse("has no file 'manifest.json'", 'inspect', 'docker-archive:' + path)
        self.assertIn('before 1.10', result.err)


if __name__ == '__main__':
    case.main()
