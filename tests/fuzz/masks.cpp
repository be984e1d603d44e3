// SPDX-License-Identifier: MIT
// Any secret in any text, cut into any two blocks: no form of the secret is left, and what is held
// back comes out in the end. The first byte is the size of the secret, the second where the border
// is.
#include "sla/core/masks.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace sla;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 2) return 0;
  std::string text(size - 2, '\0');
  for (std::size_t i = 2; i < size; ++i) text[i - 2] = static_cast<char>(data[i]);
  Secret const secret(text.substr(0, data[0]));
  std::size_t const border = std::min<std::size_t>(data[1], text.size());
  internal::MaskStream stream(Masks({secret}));
  std::string out(stream.take(text.substr(0, border)));
  out += stream.take(text.substr(border));
  out += stream.finish();
  if (out != internal::masked(Masks({secret}), text)) std::abort();
  if (!Masks::can_mask(secret.reveal())) {
    if (out != text) std::abort();
    return 0;
  }
  for (std::string const& form : internal::secret_forms(trim(secret.reveal()))) {
    // Three stars may make one again with what stands around them.
    if (form.find('*') == form.npos && out.find(form) != out.npos) std::abort();
  }
  return 0;
}
