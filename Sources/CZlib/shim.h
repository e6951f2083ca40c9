#include <zlib.h>

/* A macro in zlib.h. 15 + 16: gzip with any window. */
static inline int turntable_gunzip_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
