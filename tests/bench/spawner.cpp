// SPDX-License-Identifier: MIT
// The least that a runner can do before its first command: a static program that starts the words
// it is given, and ends as they do.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char** words) {
  pid_t pid = -1;
  int status = 0;
  if (count < 2 || ::posix_spawnp(&pid, words[1], nullptr, nullptr, words + 1, ::environ) != 0 ||
      ::waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
    return 71;
  }
  return WEXITSTATUS(status);
}
