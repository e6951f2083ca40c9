#ifndef TURNTABLE_CCURL_SHIM_H
#define TURNTABLE_CCURL_SHIM_H

/*
 * libcurl, found when it is first needed: linked, it would be most of a handler's start, and Debian's name for its symbols
 * (CURL_OPENSSL_4) is not other distributions'. Its own header isn't needed: what stands here is its binary interface,
 * which has not changed since 7.16 (2006) but for additions. Numbers: curl.h and multi.h of 7.88.
 */

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TURNTABLE_CURLOPT_WRITEDATA = 10001,
    TURNTABLE_CURLOPT_URL = 10002,
    TURNTABLE_CURLOPT_PROXY = 10004,
    TURNTABLE_CURLOPT_ERRORBUFFER = 10010,
    TURNTABLE_CURLOPT_POSTFIELDS = 10015,
    TURNTABLE_CURLOPT_HTTPHEADER = 10023,
    TURNTABLE_CURLOPT_HEADERDATA = 10029,
    TURNTABLE_CURLOPT_CUSTOMREQUEST = 10036,
    TURNTABLE_CURLOPT_CAINFO = 10065,
    TURNTABLE_CURLOPT_NOPROXY = 10177,
    TURNTABLE_CURLOPT_WRITEFUNCTION = 20011,
    TURNTABLE_CURLOPT_HEADERFUNCTION = 20079,
    TURNTABLE_CURLOPT_POSTFIELDSIZE_LARGE = 30120,
    TURNTABLE_CURLOPT_LOW_SPEED_LIMIT = 19,
    TURNTABLE_CURLOPT_LOW_SPEED_TIME = 20,
    TURNTABLE_CURLOPT_NOBODY = 44,
    TURNTABLE_CURLOPT_POST = 47,
    TURNTABLE_CURLOPT_HTTPGET = 80,
    TURNTABLE_CURLOPT_HTTP_VERSION = 84,
    TURNTABLE_CURLOPT_BUFFERSIZE = 98,
    TURNTABLE_CURLOPT_NOSIGNAL = 99,
    TURNTABLE_CURLOPT_TIMEOUT_MS = 155,
    TURNTABLE_CURLOPT_CONNECTTIMEOUT_MS = 156,
    TURNTABLE_CURLOPT_PROTOCOLS = 181,
    TURNTABLE_CURLOPT_TCP_KEEPALIVE = 213,
    TURNTABLE_CURLOPT_PATH_AS_IS = 234,
    TURNTABLE_CURLOPT_UPLOAD_BUFFERSIZE = 280,
    TURNTABLE_CURLOPT_FRESH_CONNECT = 74,
    TURNTABLE_CURLOPT_PREREQFUNCTION = 20312, /* since 7.80 */
    TURNTABLE_CURLOPT_PREREQDATA = 10313,

    TURNTABLE_CURLINFO_RESPONSE_CODE = 0x200002,
    TURNTABLE_CURLINFO_REQUEST_SIZE = 0x20000C,
    TURNTABLE_CURLINFO_OS_ERRNO = 0x200019,
};

/* The functions used, by their places in the library. */
struct turntable_curl {
    int (*global_init)(long);
    void *(*easy_init)(void);
    void (*easy_cleanup)(void *);
    void (*easy_reset)(void *);
    int (*easy_setopt)(void *, int, ...);
    int (*easy_getinfo)(void *, int, ...);
    const char *(*easy_strerror)(int);
    void *(*slist_append)(void *, const char *);
    void (*slist_free_all)(void *);
    void *(*multi_init)(void);
    int (*multi_cleanup)(void *);
    int (*multi_add_handle)(void *, void *);
    int (*multi_remove_handle)(void *, void *);
    int (*multi_perform)(void *, int *);
    int (*multi_poll)(void *, void *, unsigned, int, int *);
    int (*multi_wakeup)(void *);
    void *(*multi_info_read)(void *, int *);
};

/* CURLMsg of multi.h. */
struct turntable_curl_message {
    int kind; /* 1: a transfer is done */
    void *easy;
    union {
        void *whatever;
        int result;
    } data;
};

/* Fills `curl`; returns NULL, or what is missing: the library's name, or the name of one of its functions. */
static inline const char *turntable_curl_open(struct turntable_curl *curl) {
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so"};
    void *library = (void *)0;
    for (size_t index = 0; !library && index < sizeof names / sizeof *names; index++) {
        library = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
    }
    if (!library) return names[0];
#define TURNTABLE_FIND(field, name) \
    *(void **)&curl->field = dlsym(library, name); \
    if (!curl->field) return name;
    TURNTABLE_FIND(global_init, "curl_global_init")
    TURNTABLE_FIND(easy_init, "curl_easy_init")
    TURNTABLE_FIND(easy_cleanup, "curl_easy_cleanup")
    TURNTABLE_FIND(easy_reset, "curl_easy_reset")
    TURNTABLE_FIND(easy_setopt, "curl_easy_setopt")
    TURNTABLE_FIND(easy_getinfo, "curl_easy_getinfo")
    TURNTABLE_FIND(easy_strerror, "curl_easy_strerror")
    TURNTABLE_FIND(slist_append, "curl_slist_append")
    TURNTABLE_FIND(slist_free_all, "curl_slist_free_all")
    TURNTABLE_FIND(multi_init, "curl_multi_init")
    TURNTABLE_FIND(multi_cleanup, "curl_multi_cleanup")
    TURNTABLE_FIND(multi_add_handle, "curl_multi_add_handle")
    TURNTABLE_FIND(multi_remove_handle, "curl_multi_remove_handle")
    TURNTABLE_FIND(multi_perform, "curl_multi_perform")
    TURNTABLE_FIND(multi_poll, "curl_multi_poll")
    TURNTABLE_FIND(multi_wakeup, "curl_multi_wakeup")
    TURNTABLE_FIND(multi_info_read, "curl_multi_info_read")
#undef TURNTABLE_FIND
    return (void *)0;
}

static inline int turntable_curl_global_init(const struct turntable_curl *curl) { return curl->global_init(3); }

/* One typed wrapper for each kind of argument of the variadic functions. */
static inline int turntable_curl_set_long(const struct turntable_curl *curl, void *easy, int option, long value) {
    return curl->easy_setopt(easy, option, value);
}
static inline int turntable_curl_set_size(const struct turntable_curl *curl, void *easy, int option, int64_t value) {
    return curl->easy_setopt(easy, option, value);
}
static inline int turntable_curl_set_pointer(
    const struct turntable_curl *curl, void *easy, int option, const void *value) {
    return curl->easy_setopt(easy, option, value);
}
static inline int turntable_curl_set_callback(
    const struct turntable_curl *curl, void *easy, int option, size_t (*value)(char *, size_t, size_t, void *)) {
    return curl->easy_setopt(easy, option, value);
}
static inline int turntable_curl_set_start_callback(
    const struct turntable_curl *curl, void *easy, int (*value)(void *, char *, char *, int, int)) {
    return curl->easy_setopt(easy, TURNTABLE_CURLOPT_PREREQFUNCTION, value);
}
static inline long turntable_curl_get_long(const struct turntable_curl *curl, void *easy, int info) {
    long value = 0;
    return curl->easy_getinfo(easy, info, &value) == 0 ? value : 0;
}

/* The functions without variadic arguments, by name: a call through a C structure's pointer reads badly in Swift. */
static inline void *turntable_curl_easy_init(const struct turntable_curl *curl) { return curl->easy_init(); }
static inline void turntable_curl_easy_cleanup(const struct turntable_curl *curl, void *easy) {
    curl->easy_cleanup(easy);
}
static inline void turntable_curl_easy_reset(const struct turntable_curl *curl, void *easy) { curl->easy_reset(easy); }
static inline const char *turntable_curl_strerror(const struct turntable_curl *curl, int code) {
    return curl->easy_strerror(code);
}
static inline void *turntable_curl_list_append(const struct turntable_curl *curl, void *list, const char *text) {
    return curl->slist_append(list, text);
}
static inline void turntable_curl_list_free(const struct turntable_curl *curl, void *list) {
    curl->slist_free_all(list);
}
static inline void *turntable_curl_multi_init(const struct turntable_curl *curl) { return curl->multi_init(); }
static inline void turntable_curl_multi_cleanup(const struct turntable_curl *curl, void *multi) {
    curl->multi_cleanup(multi);
}
static inline int turntable_curl_multi_add(const struct turntable_curl *curl, void *multi, void *easy) {
    return curl->multi_add_handle(multi, easy);
}
static inline void turntable_curl_multi_remove(const struct turntable_curl *curl, void *multi, void *easy) {
    curl->multi_remove_handle(multi, easy);
}
static inline void turntable_curl_multi_wakeup(const struct turntable_curl *curl, void *multi) {
    curl->multi_wakeup(multi);
}

/* Moves the transfers of `multi` on: 1 while the one it has is running, 0 when it has ended and `result` has its code,
   -1 when the library failed and `result` has the multi interface's code. Waits for news at most `milliseconds`. */
static inline int turntable_curl_multi_step(
    const struct turntable_curl *curl, void *multi, int milliseconds, int *result) {
    int running = 0, left = 0;
    int status = curl->multi_perform(multi, &running);
    if (status == 0 && running > 0) status = curl->multi_poll(multi, (void *)0, 0, milliseconds, (void *)0);
    if (status != 0) {
        *result = status;
        return -1;
    }
    struct turntable_curl_message *message = curl->multi_info_read(multi, &left);
    if (message && message->kind == 1) {
        *result = message->data.result;
        return 0;
    }
    return 1;
}

#endif
