// SPDX-License-Identifier: MIT
#pragma once
// A value whose calls may hang, such as one on a network mount: they are made apart
// (core/apart.hpp), one after another, and nobody waits for one longer than a limit. While one is
// under way nobody else waits at all.
#include <deque>
#include <optional>
#include <type_traits>
#include <utility>

#include "sla/core/apart.hpp"
#include "sla/core/mutex.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// Holds a T that only its calls touch; there is none before one of them makes it. For one thread
/// at a time. What a call captures is its own, as it may go on for long.
template <class T>
class TimeLimited {
 public:
  struct NoUndo {};

  explicit TimeLimited(Duration limit) : limit_(limit) {}

  /// Returns true if nothing is under way. Tries again if no call could be made.
  [[nodiscard]] bool answers() {
    if (is_under_way()) return false;
    return (!refused_ && work_->is_empty()) || work_off();
  }

  /// Returns what `question(std::optional<T>&)` says; nothing if it is not done in time, or
  /// something else is under way, which is then not waited for. What is done too late is followed
  /// by `undo(std::optional<T>&)`.
  template <class Question, class Undo = NoUndo>
  auto ask(Question question, Undo undo = {}) {
    if (answers()) return insist(std::move(question), std::move(undo));
    return decltype(insist(std::move(question), std::move(undo)))();
  }
  /// The same, but it is done in any case, later if need be.
  template <class Question, class Undo = NoUndo>
  auto insist(Question question, Undo undo = {}) {
    using Held = Call<Question, Undo>;
    auto const held = Shared<Held>::make(std::move(question), std::move(undo));
    work_->add(held);
    bool const done = !is_under_way() && work_off();
    return done || !work_->give_up(*held) ? std::move(held->answer) : decltype(held->answer)();
  }

 private:
  /// A call without its types.
  struct Task {
    void (*run)(Task&, std::optional<T>&);
    void (*undo)(Task&, std::optional<T>&);
    bool begun = false;
    bool done = false;
    bool given_up = false;
  };
  template <class Question, class Undo>
  struct Call : Task {
    Call(Question the_question, Undo the_undo)
        : question(std::move(the_question)), undoing(std::move(the_undo)) {
      this->run = [](Task& self, std::optional<T>& value) {
        auto& own = static_cast<Call&>(self);
        own.answer.emplace(own.question(value));
      };
      this->undo = [](Task& self, std::optional<T>& value) {
        if constexpr (!std::is_same_v<Undo, NoUndo>) static_cast<Call&>(self).undoing(value);
      };
    }

    Question question;
    Undo undoing;
    std::optional<decltype(std::declval<Question&>()(std::declval<std::optional<T>&>()))> answer{};
  };

  /// What the calls share; whoever is last lets it go.
  class Work {
   public:
    void add(Shared<Task> task) {
      Lock const lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    [[nodiscard]] bool is_empty() {
      Lock const lock(mutex_);
      return tasks_.empty();
    }
    /// Has a task undone once it is done; false if it is done by now.
    bool give_up(Task& task) {
      Lock const lock(mutex_);
      task.given_up = !task.done;
      return task.given_up;
    }
    /// Does all there is to do.
    void run() {
      Lock lock(mutex_);
      while (!tasks_.empty()) {
        Shared<Task> const task = tasks_.front();
        bool const killed = std::exchange(task->begun, true);
        lock.unlock();
        if (!killed) task->run(*task, value_);
        lock.lock();
        if (task->given_up && !killed) {
          lock.unlock();
          task->undo(*task, value_);
          lock.lock();
        }
        task->done = true;
        tasks_.pop_front();
      }
    }

   private:
    Mutex mutex_{};
    std::deque<Shared<Task>> tasks_{};
    std::optional<T> value_{};  ///< of the calls
  };
  /// One call apart; there is none under way once it is gone.
  struct Turn {
    explicit Turn(Shared<Work> the_work) : work(std::move(the_work)) {}
    Shared<Work> work;

    void operator()() const { work->run(); }
  };

  /// Does all there is to do; returns true if it ended within the limit.
  bool work_off() {
    turn_ = Shared<Turn>::make(work_);
    bool const ended = CallsApart::make_within(turn_, limit_);
    refused_ = !ended && !is_under_way();
    return ended;
  }

  /// Returns true if the last call is still made: then it holds its turn, too.
  [[nodiscard]] bool is_under_way() const noexcept { return turn_ && !turn_.is_sole(); }

  Duration limit_;
  Shared<Work> work_ = Shared<Work>::make();
  Shared<Turn> turn_{};
  bool refused_ = true;  ///< the last call could not be made, or there was none
};

}  // namespace sla::inline v1::internal
