/*
 * Kconfig symbols as C constants: IS_ENABLED(CONFIG_X) is 1 if X is y, else 0,
 * whether or not the generated header defines CONFIG_X, so that code tests a
 * constant and the compiler drops the dead branch (no #if inside functions).
 */
#ifndef KERNEL_CONFIG_H
#define KERNEL_CONFIG_H

#define CONFIG_ARG_1 0,
#define CONFIG_SECOND(ignored, value, ...) value
#define CONFIG_PICK(arg_or_junk) CONFIG_SECOND(arg_or_junk 1, 0, 0)
#define CONFIG_EXPAND(value) CONFIG_PICK(CONFIG_ARG_##value)
#define IS_ENABLED(option) CONFIG_EXPAND(option)

#endif
