#include <zlib.h>

/* A macro in zlib.h. 15 + 16: gzip with any window. */
static inline int turntable_gunzip_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }

/* Deflate as it is in a zip: -15 is the largest window without a header, 9 zlib's most memory. */
static inline int turntable_raw_deflate_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
}
static inline int turntable_raw_inflate_init(z_stream *stream) { return inflateInit2(stream, -15); }
