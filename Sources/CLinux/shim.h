#ifndef TURNTABLE_CLINUX_SHIM_H
#define TURNTABLE_CLINUX_SHIM_H

/* System calls and macros that Swift's Glibc module lacks or can't call: variadic functions and new numbers. */

/* _GNU_SOURCE stays undefined: Swift's own Glibc module is built without it, and the two must agree on every type. */

#include <malloc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static inline int turntable_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }

static inline int turntable_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags, mode);
}

/* rename that fails with EEXIST instead of replacing what is there. */
static inline int turntable_rename_noreplace(const char *from, const char *to) {
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 1u /* RENAME_NOREPLACE */);
}

/* The same between two open directories. */
static inline int turntable_renameat_noreplace(int fromDirectory, const char *from, int toDirectory, const char *to) {
    return (int)syscall(SYS_renameat2, fromDirectory, from, toDirectory, to, 1u /* RENAME_NOREPLACE */);
}

/* Copies inside the kernel, sharing blocks where the file system can; positions move in both files. */
static inline ssize_t turntable_copy_file_range(int from, int to, size_t count) {
    return (ssize_t)syscall(SYS_copy_file_range, from, (void *)0, to, (void *)0, count, 0u);
}

/* epoll: `struct epoll_event` is packed and ends in a union; here a token of 64 bits takes the union's place. */
enum { TURNTABLE_EPOLL_BATCH = 64 };

static inline int turntable_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int turntable_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

static inline int turntable_epoll_remove(int epoll, int descriptor) {
    struct epoll_event event = {0};
    return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event);
}

/* Fills at most TURNTABLE_EPOLL_BATCH entries of both arrays and returns their number. */
static inline int turntable_epoll_wait(int epoll, uint64_t *tokens, uint32_t *events, int milliseconds) {
    struct epoll_event ready[TURNTABLE_EPOLL_BATCH];
    int count = epoll_wait(epoll, ready, TURNTABLE_EPOLL_BATCH, milliseconds);
    for (int index = 0; index < count; index++) {
        tokens[index] = ready[index].data.u64;
        events[index] = ready[index].events;
    }
    return count;
}

static inline int turntable_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

/* The calling thread's name in listings, cut after 15 bytes. */
static inline void turntable_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

/* From then on a write to a closed connection fails with EPIPE in the calling thread, and signals nothing. */
static inline void turntable_block_sigpipe(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, (void *)0);
}

/* Both ends are closed on exec; the flags of glibc's pipe2 need _GNU_SOURCE. */
static inline int turntable_pipe(int ends[2]) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }

/* A TCP socket bound to 127.0.0.1 and listening, or -1. */
static inline int turntable_listen_loopback(uint16_t port, int backlog) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -1;
    int on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0 && listen(descriptor, backlog) == 0) {
        return descriptor;
    }
    int reason = errno;
    close(descriptor);
    errno = reason;
    return -1;
}

/* A connection that waited, not blocking and closed on exec, or -1. */
static inline int turntable_accept(int listener) {
    return (int)syscall(SYS_accept4, listener, (void *)0, (void *)0, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* The local port of an IPv4 socket, or 0. */
static inline uint16_t turntable_local_port(int descriptor) {
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    return getsockname(descriptor, (struct sockaddr *)&address, &size) == 0 ? ntohs(address.sin_port) : 0;
}

/* A descriptor that becomes readable when the process ends. */
static inline int turntable_pidfd_open(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0u); }

/* How a wait status reads; the macros are out of Swift's reach. */
static inline int turntable_exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
static inline int turntable_exit_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

/*
 * Starts a program as the leader of a new process group, with `output` as its standard output and error, `input` or, when
 * that is negative, /dev/null as its standard input, no other descriptor, default signal handling, and the kernel's promise to kill it when the
 * calling THREAD ends: call it from a thread that lives as long as the child may.
 * posix_spawn has neither the working directory nor the parent-death signal under our feature macros, and fork costs
 * more the larger the router is; the child of vfork runs on the parent's memory and calls only what is safe there.
 * Returns the process id, or -1 with errno as chdir or execve left it.
 */
__attribute__((noinline)) static pid_t turntable_spawn(
    const char *path, char *const *arguments, char *const *environment, const char *directory, int input, int output) {
    volatile int reason = 0;
    sigset_t all, before;
    pid_t parent = getpid();
    int null = input < 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : input;
    if (null < 0) return -1;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pid_t child = vfork();
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        for (int number = 1; number < 65; number++) {
            struct sigaction action = {.sa_handler = SIG_DFL};
            sigaction(number, &action, (void *)0);
        }
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(127);
        if (dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 || chdir(directory) < 0) {
            reason = errno;
            _exit(127);
        }
        syscall(SYS_close_range, 3u, ~0u, 0u);
        sigprocmask(SIG_SETMASK, &none, (void *)0);
        execve(path, arguments, environment);
        reason = errno;
        _exit(127);
    }
    int failure = child < 0 ? errno : reason;
    pthread_sigmask(SIG_SETMASK, &before, (void *)0);
    if (input < 0) close(null);
    if (child > 0 && reason != 0) {
        waitpid(child, (void *)0, 0);
        child = -1;
    }
    errno = failure;
    return child;
}

/* How many arenas the allocator keeps: memory that one thread gives back stays in the arena it came from. */
static inline void turntable_set_arena_maximum(int count) { mallopt(M_ARENA_MAX, count); }

/* glibc 2.32; declared only with _GNU_SOURCE. */
extern const char *strerrorname_np(int error);
extern const char *strerrordesc_np(int error);

/* Whether another descriptor of the open regular file can write to it: 1 yes, 0 no, -1 not to be found out (errno says
   why: another's file, or a file system without leases). The lease is given back at once. Its break signal is made
   SIGURG, which does nothing by default, where SIGIO would end the process. */
static inline int turntable_has_writer(int file) {
    if (fcntl(file, 10 /* F_SETSIG */, 23 /* SIGURG */) != 0) return -1;
    if (fcntl(file, 1024 /* F_SETLEASE */, F_RDLCK) != 0) return errno == EAGAIN ? 1 : -1;
    fcntl(file, 1024 /* F_SETLEASE */, F_UNLCK);
    return 0;
}

/* Asks for the memory at an address, which need not be any, before it is needed. */
static inline void turntable_prefetch(const void *address) { __builtin_prefetch(address); }

#endif
