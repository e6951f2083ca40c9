#ifndef TURNTABLE_CCRYPTO_SHIM_H
#define TURNTABLE_CCRYPTO_SHIM_H

/* The low-level functions are marked as deprecated in favour of EVP, which starts OpenSSL 3's provider machinery:
   some milliseconds at the first digest of a process, and most of libcrypto linked in. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>
#include <openssl/sha.h>

#endif
