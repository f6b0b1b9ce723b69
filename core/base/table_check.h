// REGARD_TABLE_CHECK is static_assert for the rules of a table of functions. g++'s -fsanitize=undefined takes
// no address for a constant, so that the sanitizer builds leave these rules to the others.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define REGARD_TABLE_CHECK(...) static_assert(true)
#else
#define REGARD_TABLE_CHECK(...) static_assert(__VA_ARGS__)
#endif
