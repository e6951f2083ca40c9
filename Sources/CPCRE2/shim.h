#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

// The functions of pcre2.h are macros that Swift can't see.
static inline pcre2_code_8 *turntable_pcre2_compile(
    const unsigned char *pattern, size_t length, unsigned options, int *error, size_t *offset) {
    return pcre2_compile(pattern, length, options, error, offset, NULL);
}
