#ifndef TURNTABLE_CMICROHTTPD_SHIM_H
#define TURNTABLE_CMICROHTTPD_SHIM_H

/* libmicrohttpd, and typed forms of its variadic functions. */

#include <microhttpd.h>

typedef void *(*turntable_uri_callback)(void *context, const char *target, struct MHD_Connection *connection);

/*
 * A daemon without a listening socket, on one thread of its own, whose connections can be suspended.
 * `idle_seconds` 0 means that connections never time out.
 */
static inline struct MHD_Daemon *turntable_mhd_start(
    MHD_AccessHandlerCallback handler, turntable_uri_callback began, MHD_RequestCompletedCallback completed,
    MHD_NotifyConnectionCallback notified, void *context, unsigned int connections, size_t memory,
    unsigned int idle_seconds) {
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handler,
        context, MHD_OPTION_URI_LOG_CALLBACK, began, context, MHD_OPTION_NOTIFY_COMPLETED, completed, context,
        MHD_OPTION_NOTIFY_CONNECTION, notified, context, MHD_OPTION_CONNECTION_LIMIT, connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_END);
}

/* The socket of a connection, or -1. */
static inline int turntable_mhd_descriptor(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

/* What the connection's notification stored, or NULL. */
static inline void *turntable_mhd_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

#endif
