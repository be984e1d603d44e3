// SPDX-License-Identifier: MIT
#pragma once
// SNS PublishBatch: many messages to one topic, ten to a request and all requests at once. SNS
// takes or refuses each message by itself, so an answer of 200 says nothing of one of them.
// https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/call/client.hpp"
#include "sla/aws/call/refusal.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/config/endpoint_settings.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/service/arn.hpp"
#include "sla/aws/service/sns.hpp"
#include "sla/aws/wire/query.hpp"
#include "sla/aws/wire/service_error.hpp"
#include "sla/aws/wire/xml.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// What one batch holds at most.
inline constexpr std::size_t most_batch_entries = 10;
inline constexpr std::size_t most_batch_bytes = 262'144;

namespace detail {

/// What becomes of the messages of one call. One that is alone in its batch is published as any
/// other.
class PublishBatches {
 public:
  /// Checks the messages, which outlive this, and divides those that can be sent, in their order.
  explicit PublishBatches(std::vector<PublishInput> const& inputs) : inputs_(inputs) {
    std::size_t bytes = 0;
    for (PublishInput const& input : inputs) {
      auto good = check_publish_input(input);
      if (good && input.topic_arn != inputs.front().topic_arn) {
        good = Error{Errc::invalid, "its topic is not that of the first message"};
      }
      answers_.push_back(good ? unknown() : good.error());
      if (!good) continue;
      std::size_t const size = counted_size(input);
      bool const full = batches_.empty() || batches_.back().size() == most_batch_entries ||
                        bytes + size > most_batch_bytes;
      if (full) batches_.emplace_back();
      bytes = full ? size : bytes + size;
      batches_.back().push_back(answers_.size() - 1);
    }
    if (!batches_.empty()) region_ = parse_topic_arn(inputs.front().topic_arn).value().region;
  }

  [[nodiscard]] Call call(Instant deadline) const {
    return {.scope = {.region = region_, .service = std::string(signing_name(Service::sns))},
            .deadline = deadline};
  }
  /// Returns the requests, one for each batch.
  [[nodiscard]] std::vector<Request> requests(EndpointSettings const& endpoints) {
    std::vector<Request> requests;
    if (batches_.empty()) return requests;
    auto const url = endpoint_url(Service::sns, endpoints.in(region_, Service::sns));
    for (Batch const& batch : batches_) {
      if (url) {
        requests.push_back(request(batch, *url));
      } else {
        refuse(batch, url.error());
      }
    }
    if (!url) batches_.clear();
    return requests;
  }
  /// Takes in the answers to the requests.
  void read(std::vector<Result<Response>> const& answers) {
    for (std::size_t i = 0; i < batches_.size(); ++i) {
      Batch const& batch = batches_[i];
      if (!answers[i]) {
        refuse(batch, answers[i].error());
      } else if (batch.size() == 1) {
        answers_[batch.front()] = parse_publish_answer(*answers[i]);
      } else {
        read(batch, *answers[i]);
      }
    }
  }
  /// Returns the id or the error of each message.
  [[nodiscard]] std::vector<Result<std::string>> answers() && {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (answers_[i]) continue;
      answers_[i] = std::move(answers_[i]).error().within("sns publish to " + inputs_[i].topic_arn);
    }
    return std::move(answers_);
  }

 private:
  /// The messages that one request carries, by their numbers.
  using Batch = std::vector<std::size_t>;

  static Error unknown() {
    return {Errc::unavailable, "the answer does not say what became of the message"};
  }

  [[nodiscard]] Request request(Batch const& batch, Url const& endpoint) const {
    PublishInput const& first = inputs_[batch.front()];
    if (batch.size() == 1) return checked_publish_request(first, endpoint);
    QueryForm form({"PublishBatch", sns_version});
    form.add({"TopicArn", first.topic_arn});
    for (std::size_t i = 0; i < batch.size(); ++i) {
      std::string const id = std::to_string(i + 1);
      std::string const prefix = "PublishBatchRequestEntries.member." + id + '.';
      form.add({prefix + "Id", id});
      add_message(form, prefix, inputs_[batch[i]]);
    }
    return std::move(form).request(endpoint);
  }

  /// What is wrong with a batch need not be wrong with one of its messages.
  void refuse(Batch const& batch, Error error) {
    if (batch.size() > 1 && error.code == Errc::unacceptable) error.code = Errc::rejected;
    for (std::size_t const number : batch) answers_[number] = error;
  }

  /// Reads an answer that names each message of a batch in one of two lists.
  void read(Batch const& batch, Response const& response) {
    for (std::string_view const list : {"Successful", "Failed"}) {
      for (std::string_view const member : xml_elements(
               response.body, {"PublishBatchResponse", "PublishBatchResult", list, "member"})) {
        auto const text = [&](std::string_view name) {
          return std::string(trim(xml_text(member, {name}).value_or("")));
        };
        auto const id = parse_integer<std::size_t>(text("Id")).value_or(0);
        if (id == 0 || id > batch.size()) continue;
        Result<std::string>& answer = answers_[batch[id - 1]];
        std::string message_id = text("MessageId");
        if (!message_id.empty()) {
          answer = std::move(message_id);
        } else if (list == "Failed") {
          bool const senders = text("SenderFault") == "true";
          answer = entry_error(response, {text("Code"), text("Message"), {}}, senders);
        }
      }
    }
  }
  static Error entry_error(Response const& response, ServiceError said, bool senders) {
    Errc code = read_refusal(senders ? 400 : 500, said.code).code;
    if (code == Errc::rejected && is_about_content(said)) code = Errc::unacceptable;
    said.request_id = read_xml_error(response).request_id;
    return refusal_error(code, response.status, said);
  }

  std::vector<PublishInput> const& inputs_;
  std::vector<Result<std::string>> answers_{};
  std::vector<Batch> batches_{};
  std::string region_{};
};

}  // namespace detail

/// Publishes messages, all to one topic, with a Client: in their order in batches of at most
/// `most_batch_entries` and `most_batch_bytes`, all of which are sent at once; what has to arrive
/// after another message is not for the same call. Makes one attempt, and returns the id or the
/// error of each message, in their order. The errors are those of publish(); Errc::unavailable if
/// SNS does not say what became of the message. A batch that is refused gives each of its messages
/// that error, but none is Errc::unacceptable for it.
template <class ServiceClient>
[[nodiscard]] std::vector<Result<std::string>> publish_batches(
    ServiceClient& client, EndpointSettings const& endpoints,
    std::vector<PublishInput> const& inputs, Instant deadline) {
  detail::PublishBatches batches(inputs);
  auto requests = batches.requests(endpoints);
  batches.read(client.call_all(std::move(requests), batches.call(deadline), read_xml_error));
  return std::move(batches).answers();
}

}  // namespace sla::inline v1::aws
