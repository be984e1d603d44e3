// SPDX-License-Identifier: MIT
#pragma once
// The version: the only macros of the library, and the only place that states it. Every header
// includes this one before it declares anything, so a program that mixes the headers under sla/
// with the single header reads one sentence first.

#ifdef SLA_VERSION_MAJOR
#error "sla is included twice: as the headers under sla/ and as the single header; keep one of them"
#endif

#define SLA_VERSION_MAJOR 0
#define SLA_VERSION_MINOR 1
#define SLA_VERSION_PATCH 0
