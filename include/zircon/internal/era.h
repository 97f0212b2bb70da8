/*
 * Which of several records a plain name means, where they have grown since 2020;
 * <zircon/types.h> includes this.
 *
 * ZX_ERA_LATEST: the newest. A program may define it before any header; in the
 * SDK of a kernel of the latest era this file does. The kernel answers the words
 * of all eras, whatever a program was built with.
 */
#ifndef ZIRCON_INTERNAL_ERA_H_
#define ZIRCON_INTERNAL_ERA_H_

#endif
