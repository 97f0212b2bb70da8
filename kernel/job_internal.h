/*
 * Between job.c and job_kill.c: how children leave.
 */
#ifndef KERNEL_JOB_INTERNAL_H
#define KERNEL_JOB_INTERNAL_H

#include <kernel/job.h>

bool job_has_children_locked(const struct job *job);
/* Off the list, with the signals that follow. */
void job_remove_locked(struct job *job, u32 kind, struct job_child *c);
/* The job is DEAD, or goes: its exception channels end. No lock held. */
void job_shut_exceptions(struct job *job);
/* The job leaves its parent if it has not yet, which may end the parent and
 * others above it. No lock held; the job's reference keeps the parent. */
void job_leave_parent(struct job *job);

#endif
