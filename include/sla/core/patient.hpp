// SPDX-License-Identifier: MIT
#pragma once
// A value whose calls may hang, such as one on a network mount: a thread of its own makes them, one
// after another and apart (core/apart.hpp), and nobody waits for one longer than a limit. While one
// is under way nobody else waits at all.
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "sla/core/apart.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// Holds a T that only its calls touch; there is none before one of them makes it. For one thread
/// at a time. What a call captures is its own, as it may go on for long.
template <class T>
class Patient {
 public:
  struct NoUndo {};

  explicit Patient(Duration limit) : limit_(limit) {}
  Patient(Patient&&) noexcept = default;
  Patient& operator=(Patient&& other) noexcept {
    std::swap(limit_, other.limit_);
    std::swap(work_, other.work_);
    std::swap(thread_, other.thread_);
    return *this;
  }
  /// Waits a moment for what is under way.
  ~Patient() {
    if (!work_) return;
    {
      std::lock_guard const lock(work_->mutex);
      work_->quit = true;
      work_->changed.notify_all();
    }
    if (thread_) (void)thread_->join_until(std::chrono::steady_clock::now() + limit_ / 8);
  }

  /// Whether nothing is under way. Tries to get a thread where there was none.
  [[nodiscard]] bool answers() {
    if (!ensure_thread()) return false;
    std::lock_guard const lock(work_->mutex);
    return work_->tasks.empty();
  }

  /// Gives what `question(std::optional<T>&)` says; nothing where it is not done in time, or
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
    auto const held = std::make_shared<Held>(std::move(question), std::move(undo));
    return do_task(held) ? std::move(held->answer) : decltype(held->answer)();
  }

 private:
  /// A call without its types.
  struct Task {
    void (*run)(Task&, std::optional<T>&);
    void (*undo)(Task&, std::optional<T>&);
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
  /// What the thread shares; whoever is last lets it go.
  struct Work {
    std::mutex mutex{};
    std::condition_variable changed{};
    std::deque<std::shared_ptr<Task>> tasks{};  ///< the first one is under way
    bool quit = false;
    std::optional<T> value{};  ///< of the thread
  };

  static void work(Work& work) {
    std::unique_lock lock(work.mutex);
    for (;;) {
      work.changed.wait(lock, [&] { return work.quit || !work.tasks.empty(); });
      if (work.tasks.empty()) return;
      std::shared_ptr<Task> const task = work.tasks.front();
      lock.unlock();
      make(work, *task, task->run);
      lock.lock();
      if (task->given_up) {
        lock.unlock();
        make(work, *task, task->undo);
        lock.lock();
      }
      task->done = true;
      work.tasks.pop_front();
      work.changed.notify_all();
    }
  }
  static void make(Work& work, Task& task, void (*what)(Task&, std::optional<T>&)) {
    auto body = [&] { what(task, work.value); };
    CallsApart::make(body);
  }

  bool ensure_thread() {
    if (thread_) return true;
    auto started = Apart::start([shared = work_] { work(*shared); });
    if (!started) return false;
    thread_.emplace(*std::move(started));
    return true;
  }

  /// Waits for a task where nothing else is under way. Whether it is done.
  bool do_task(std::shared_ptr<Task> const& task) {
    bool const patient = answers();
    std::unique_lock lock(work_->mutex);
    work_->tasks.push_back(task);
    work_->changed.notify_all();
    auto const done = [&] { return task->done; };
    if (patient && work_->changed.wait_for(lock, limit_, done)) return true;
    task->given_up = true;
    return false;
  }

  Duration limit_;
  std::shared_ptr<Work> work_ = std::make_shared<Work>();
  std::optional<Apart> thread_{};
};

}  // namespace sla::inline v1
