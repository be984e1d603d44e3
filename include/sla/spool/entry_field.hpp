// SPDX-License-Identifier: MIT
#pragma once
// The fields that an entry of a spool has on disk, by their numbers.
#include <cstdint>

#include "sla/version.hpp"

namespace sla::inline v1::internal {

struct EntryField {
  /// The names of the fields. A name keeps its meaning for ever.
  enum Name : std::uint8_t {
    field_number = 1,
    field_log = 2,
    field_event = 3,
    field_reason = 4,
    field_service = 5,
    field_group = 6,
    field_word = 7,
    field_tag = 8,
    field_target = 9,
    field_run = 10,
    field_verdict = 11,
    field_exit = 12,
    field_signal = 13,
    field_started = 14,
    field_ended = 15,
    field_duration = 16,
    field_log_uri = 17,
    field_log_error = 18,
    field_file = 19,
    field_piece_size = 20,  ///< begins a piece
    field_piece_offset = 21,
    field_piece_text = 22,
    field_sha256 = 23,
    field_outcome_reason = 24,
    field_location = 25,
    field_boot = 26,
    field_seq = 27,
    field_previous_end = 28,
    field_next_expected = 29,
    field_state = 30,
    field_transition = 31,
    field_alert = 32,
    field_standing = 33,
    field_cause = 34,
    field_degraded = 35,
    field_probe = 36,
    field_message = 37,
    field_perf = 38,
    field_attempt = 39,  ///< the verdict of the next
  };
};

}  // namespace sla::inline v1::internal
