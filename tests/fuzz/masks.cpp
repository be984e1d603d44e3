// SPDX-License-Identifier: MIT
// Any secret in any text, cut into any two blocks: no form of the secret is left, and what is held
// back comes out in the end. The first byte is the size of the secret, the second where the border
// is.
#include "sla/core/masks.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "../support/fuzz_target.hpp"

using namespace sla;

namespace {

FuzzTarget const target("masks", [](std::string const& input) {
  if (input.size() < 2) return;
  std::string const text = input.substr(2);
  auto const byte = [&](std::size_t at) { return static_cast<unsigned char>(input[at]); };
  Secret const secret(text.substr(0, byte(0)));
  std::size_t const border = std::min<std::size_t>(byte(1), text.size());
  internal::MaskStream stream(Masks({secret}));
  std::string out(stream.take(text.substr(0, border)));
  out += stream.take(text.substr(border));
  out += stream.finish();
  if (out != internal::masked(Masks({secret}), text)) std::abort();
  if (!Masks::can_mask(secret.reveal())) {
    if (out != text) std::abort();
    return;
  }
  for (std::string const& form : internal::secret_forms(trim(secret.reveal()))) {
    // Three stars may make one again with what stands around them.
    if (form.find('*') == form.npos && out.find(form) != out.npos) std::abort();
  }
});

}  // namespace
