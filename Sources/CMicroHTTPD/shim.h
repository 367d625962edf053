// libmicrohttpd's variadic calls, which Swift cannot see, and its log, which comes as a va_list.
#ifndef CMicroHTTPD_shim_h
#define CMicroHTTPD_shim_h

#include <microhttpd.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

/// Takes one line of libmicrohttpd's log; may be called on any of its threads.
typedef void (*microhttpd_logger)(void *_Nullable context, const char *_Nonnull line);

/// Where the daemon's log goes; must outlive the daemon.
typedef struct microhttpd_log {
    microhttpd_logger _Nonnull write;
    void *_Nullable context;
} microhttpd_log;

typedef struct microhttpd_options {
    /// A bound, listening socket; the daemon closes it when it stops.
    int socket;
    unsigned int connections;
    /// Seconds without traffic after which a connection is closed.
    unsigned int timeout;
    /// Bytes of a connection's buffer: the bound on a request's head.
    size_t memory;
    /// PEM texts; both or neither.
    const char *_Nullable certificate;
    const char *_Nullable key;
} microhttpd_options;

/// TLS 1.2 at least, and nothing that is known to be weak.
#define MICROHTTPD_PRIORITIES "SECURE128:SECURE192:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

// MHD_OPTION_EXTERNAL_LOGGER hands over a va_list, which has no Swift type.
static inline void microhttpd_write_log(void *context, const char *format, va_list arguments) {
    const microhttpd_log *log = (const microhttpd_log *)context;
    char line[512];
    vsnprintf(line, sizeof line, format, arguments);
    log->write(log->context, line);
}

// Without this libmicrohttpd decodes a path before it can be taken apart at its slashes.
static inline size_t microhttpd_keep(void *context, struct MHD_Connection *connection, char *text) {
    (void)context;
    (void)connection;
    size_t length = 0;
    while (text[length] != 0) length++;
    return length;
}

// MHD_start_daemon is variadic.
static inline struct MHD_Daemon *_Nullable microhttpd_start(microhttpd_options options,
                                                            microhttpd_log *_Nonnull log,
                                                            MHD_AccessHandlerCallback _Nonnull handler,
                                                            MHD_RequestCompletedCallback _Nonnull completed,
                                                            MHD_NotifyConnectionCallback _Nonnull connected,
                                                            void *_Nullable context) {
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)options.certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)options.key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)MICROHTTPD_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
    unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME;
    if (options.certificate != NULL) flags |= MHD_USE_TLS;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, handler, context,
        // First, so that complaints about the other options are heard.
        MHD_OPTION_EXTERNAL_LOGGER, microhttpd_write_log, log,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket)options.socket,
        MHD_OPTION_CONNECTION_LIMIT, options.connections,
        MHD_OPTION_CONNECTION_TIMEOUT, options.timeout,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, options.memory,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, microhttpd_keep, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, completed, context,
        MHD_OPTION_NOTIFY_CONNECTION, connected, context,
        MHD_OPTION_ARRAY, options.certificate != NULL ? tls : plain,
        MHD_OPTION_END);
}

// MHD_get_connection_info is variadic.
static inline const struct sockaddr *_Nullable microhttpd_peer(struct MHD_Connection *_Nonnull connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info == NULL ? NULL : info->client_addr;
}

// What the callback for connections put beside this one.
static inline void *_Nullable microhttpd_socket_context(struct MHD_Connection *_Nonnull connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

// The connection's socket; -1 where it has none.
static inline int microhttpd_socket(struct MHD_Connection *_Nonnull connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : (int)info->connect_fd;
}

/// Who connected to a Unix socket, as the kernel noted it then (SO_PEERCRED).
typedef struct microhttpd_account {
    int32_t pid;
    uint32_t uid;
    uint32_t gid;
} microhttpd_account;

// The layout of struct ucred, which is hidden without _GNU_SOURCE.
static inline int microhttpd_account_of(int socket, microhttpd_account *_Nonnull account) {
    socklen_t size = sizeof *account;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, account, &size) == 0 && size == sizeof *account;
}

// The further groups of whoever connected (SO_PEERGROUPS, Linux 4.13): how many there are, -1 where that cannot be told or
// they are more than `room`.
static inline int microhttpd_groups_of(int socket, uint32_t *_Nonnull groups, int room) {
    socklen_t size = (socklen_t)room * sizeof *groups;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0) return -1;
    return (int)(size / sizeof *groups);
}

#endif
