/* SPDX-License-Identifier: MIT */

/* Whole messages, as a person reads them. What fails where is the subject of cases/. */

#include "fixture.h"

#include "harness/test.h"

static void expect_message(const char *document, const char *process, const char *linux_, const char *message)
{
        _cleanup_(fixture_done) struct fixture f;

        fixture_build(&f, document, process, linux_);
        EXPECT_STR(contain_error_message(f.error), message);
}

TEST(messages_name_what_is_known)
{
        expect_message("", "", "\"namespaces\":[{\"type\":\"net\"}]",
                       "/linux/namespaces/0/type: unknown namespace type 'net' [CT-314] "
                       "(hint: known: pid, network, mount, ipc, uts, user, cgroup, time)");
        expect_message("", "\"ioPriority\":{\"class\":\"BE\",\"priority\":0}", "",
                       "/process/ioPriority/class: unknown I/O class 'BE' [CT-314] "
                       "(hint: known: IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE)");
        /* nothing is known: no hint */
        expect_message("", "", "\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"X\"]}",
                       "/linux/personality/flags/0: unknown personality flag 'X' [CT-314]");
}

TEST(messages_of_duplicates)
{
        expect_message("", "", "\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\"}]",
                       "/linux/namespaces/1: a namespace of type 'pid' is given twice [CT-317]");
        expect_message("",
                       "\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1},"
                       "{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1}]",
                       "", "/process/rlimits/1: rlimit 'RLIMIT_CPU' is given twice [CT-317]");
}

TEST(messages_of_conflicts_say_what_helps)
{
        expect_message("\"hostname\":\"box\"", "", "",
                       "/hostname: the host's own name would change without a uts namespace [CT-322] "
                       "(hint: add { \"type\": \"uts\" } to linux.namespaces)");
        expect_message(
                "", "", "\"sysctl\":{\"net.core.somaxconn\":\"1\"}",
                "/linux/sysctl/net.core.somaxconn: 'net.core.somaxconn' would change the host without a "
                "network namespace [CT-322] (hint: add { \"type\": \"network\" } to linux.namespaces)");
        expect_message("", "", "\"sysctl\":{\"kernel.hostname\":\"x\"}",
                       "/linux/sysctl/kernel.hostname: 'kernel.hostname' belongs to no namespace: it would "
                       "change the "
                       "host [CT-314] (hint: use the member 'hostname' instead)");
        expect_message("", "", "\"namespaces\":[{\"type\":\"user\"}]",
                       "/linux/namespaces/0: a new user namespace without ids in it [CT-322] (hint: give at "
                       "least one "
                       "entry each in linux.uidMappings and linux.gidMappings)");
        expect_message("", "", "\"resources\":{\"memory\":{\"limit\":2,\"swap\":1}}",
                       "/linux/resources/memory/swap: 1 is less than the memory limit 2, which it includes "
                       "[CT-322]");
}

TEST(messages_of_values)
{
        _cleanup_(fixture_done) struct fixture f;

        expect_message("", "\"oomScoreAdj\":1001", "",
                       "/process/oomScoreAdj: expected an integer from -1000 to 1000, found 1001 [CT-314]");
        expect_message("", "\"terminal\":\"yes\"", "",
                       "/process/terminal: expected a boolean, found a string [CT-308]");
        expect_message("\"mounts\":[{}]", "", "", "/mounts/0: 'destination' is required [CT-311]");
        expect_message("", "\"env\":[\"X\"]", "",
                       "/process/env/0: 'X' is not of the form NAME=value [CT-314]");
        fixture_parse(&f, "{\"ociVersion\":\"2.1.0\"}", 22);
        EXPECT_STR(contain_error_message(f.error),
                   "/ociVersion: version '2.1.0' of the runtime-spec is not 1.x [CT-314]");
}
