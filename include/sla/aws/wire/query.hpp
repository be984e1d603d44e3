// SPDX-License-Identifier: MIT
#pragma once
// The query protocol of SNS, STS and CloudWatch: a form with the action and its parameters, posted
// to the root of the service. What the parameters are is each operation's business.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/http/transport.hpp"
#include "sla/core/output.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// What is called, in which version of the service's interface.
struct QueryAction {
  std::string_view action;
  std::string_view version;
};

/// One parameter of a call.
struct QueryParameter {
  std::string_view name;
  std::string_view value;
};

/// Builds the form of one call.
class QueryForm {
 public:
  explicit QueryForm(QueryAction call) {
    add({"Action", call.action});
    add({"Version", call.version});
  }

  QueryForm& add(QueryParameter parameter) {
    if (!text_.empty()) text_ += '&';
    append(parameter.name);
    text_ += '=';
    append(parameter.value);
    return *this;
  }

  [[nodiscard]] std::string const& text() const& noexcept { return text_; }

  /// Returns the request that carries the form.
  [[nodiscard]] Request request(Url url) && {
    return {Method::post,
            std::move(url),
            {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
            Output(std::move(text_))};
  }

 private:
  /// A form writes a blank as a plus sign; services take %20 too, some look-alikes do not.
  void append(std::string_view text) {
    for (std::size_t blank = text.find(' '); blank != std::string_view::npos;
         blank = text.find(' ')) {
      percent_encode_to(text_, text.substr(0, blank), Slash::encode);
      text_ += '+';
      text.remove_prefix(blank + 1);
    }
    percent_encode_to(text_, text, Slash::encode);
  }

  std::string text_;
};

}  // namespace sla::inline v1::aws
