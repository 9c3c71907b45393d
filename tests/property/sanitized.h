/* Is this a build that runs many times slower, and so must do with fewer steps? */
#ifndef PROPERTY_SANITIZED_H
#define PROPERTY_SANITIZED_H

#if defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#elif defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define IS_SANITIZED 1
#endif

#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

#endif
