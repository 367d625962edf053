#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Everything from here to `spawn_start` runs in the child between fork and exec, where other threads' locks may be held for
// ever: system calls only, and the raw ones where the C library would tell its other threads of a change of account.

static int keep_three_files(void) {
    if (close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0) return 0;
    // A kernel before 5.11, or a filter that does not know the call.
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    for (rlim_t file = 3; file < limit.rlim_cur && file < INT_MAX; file++) fcntl((int)file, F_SETFD, FD_CLOEXEC);
    return 0;
}

static int become(const spawn_request *request) {
    if (syscall(SYS_setgroups, request->group_count, request->groups) != 0) return -1;
    if (syscall(SYS_setresgid, request->group, request->group, request->group) != 0) return -1;
    if (syscall(SYS_setresuid, request->user, request->user, request->user) != 0) return -1;
    // The kernel has taken what root could do; what would be inherited by a privileged file is left.
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
    return syscall(SYS_capset, &header, none) == 0 ? 0 : -1;
}

static int prepare(const spawn_request *request, pid_t parent) {
    // A group of its own keeps the terminal's Ctrl-C from it: riskd stops it after its last commit.
    if (setpgid(0, 0) != 0) return -1;
    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, 0) < 0) return -1;
    int output = open(request->output, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (output < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) return -1;
    // Libraries may hold files without close-on-exec, a listening socket for one.
    if (keep_three_files() != 0) return -1;
    // The account may not be allowed to see the folder that riskd was started in.
    if (chdir("/") != 0) return -1;
    if (request->changes_account && become(request) != 0) return -1;
    if (request->death_signal != 0) {
        // After the change of account, which would clear it.
        if (prctl(PR_SET_PDEATHSIG, request->death_signal, 0, 0, 0) != 0) return -1;
        // The parent may have died before that, which nobody would tell this process.
        if (getppid() != parent) _exit(125);
    }
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL);
}

int spawn_start(const spawn_request *request, pid_t *process) {
    // Says what failed; an exec that works closes it.
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return errno;
    pid_t parent = getpid();
    // No handler of this process runs in the child.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    // Not fork: no handler of a library (OpenBLAS has one) runs on either side.
    pid_t child = _Fork();
    if (child == 0) {
        // Above the three, where it is not overwritten.
        int target = fcntl(report[1], F_DUPFD_CLOEXEC, 3);
        if (target >= 0 && prepare(request, parent) == 0) {
            execve(request->program, (char *const *)request->arguments, (char *const *)request->environment);
        }
        int failure = errno;
        (void)!write(target, &failure, sizeof failure);
        _exit(127);
    }
    int failure = child < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (child > 0) {
        ssize_t count;
        do { count = read(report[0], &failure, sizeof failure); } while (count < 0 && errno == EINTR);
        if (count != (ssize_t)sizeof failure) failure = 0;
        if (failure != 0) {
            while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
        } else {
            *process = child;
        }
    }
    close(report[0]);
    return failure;
}
