// SPDX-License-Identifier: MIT
// That the files beside this one link into one program is the test.
int main() {}
