// Starts a program that dies with the thread that started it.
//
// Swift cannot fork, and posix_spawn cannot ask for a parent-death signal; util-linux's setpriv can, but calls capset even
// where no privilege changes hands, which a unit that filters privileged system calls forbids.
#ifndef CSpawn_h
#define CSpawn_h

#include <stddef.h>
#include <sys/types.h>

/// What to start, and as whom. All of it is only read.
typedef struct spawn_request {
    /// The program's path, absolute.
    const char *_Nonnull program;
    /// Its arguments, the program first, ended by NULL.
    const char *_Nullable const *_Nonnull arguments;
    /// Its environment, ended by NULL.
    const char *_Nullable const *_Nonnull environment;
    /// The file that gets standard output and error, appended to; made with mode 0600.
    const char *_Nonnull output;
    /// The signal that it gets when the thread that calls ``spawn_start`` ends; 0 for none.
    int death_signal;
    /// Whether it becomes the account below, without any capability; needs root.
    int changes_account;
    uid_t user;
    gid_t group;
    const gid_t *_Nullable groups;
    size_t group_count;
} spawn_request;

/// Starts a program in a process group of its own, in `/`, with no open files but the three, every signal at its default and
/// none blocked.
///
/// The death signal is in force before the program runs: a caller that has died by then leaves none behind.
///
/// - Parameter process: gets the process id; the caller waits for its end.
/// - Returns: 0, or the errno of what failed, then nothing runs.
int spawn_start(const spawn_request *_Nonnull request, pid_t *_Nonnull process);

#endif
