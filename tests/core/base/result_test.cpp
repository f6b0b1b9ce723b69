#include "core/base/result.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace regard {
namespace {

Result<int> number(int x) {
  if (x < 0) return fail(ErrorCode::kShape, "number: expected 0 or more, got {}", x);
  return x;
}

Result<void> even(int x) {
  if (x % 2 != 0) return fail(ErrorCode::kFormat, "even: got {}", x);
  return {};
}

Result<std::pair<int, int>> sum_and_last(int a, int b) {
  REGARD_TRY(const int first, number(a));
  REGARD_TRY(auto last, number(b));
  REGARD_TRY_DO(even(first));
  if (last > 0) {
    REGARD_TRY(const int nested, number(last - 1));
    last = nested + 1;
  }
  return std::pair{first + last, last};
}

TEST(Try, TheValueIsDeclaredAndTheFirstErrorReturned) {
  const auto sum = sum_and_last(2, 3);
  ASSERT_TRUE(sum);
  EXPECT_EQ(*sum, std::pair(5, 3));
  EXPECT_EQ(sum_and_last(2, -3).error().message, "number: expected 0 or more, got -3");
  EXPECT_EQ(sum_and_last(-1, -3).error().message, "number: expected 0 or more, got -1");
  EXPECT_EQ(sum_and_last(1, 3).error().message, "even: got 1");
  EXPECT_EQ(sum_and_last(1, 3).error().code, ErrorCode::kFormat);
}

/// Fails on the second of three calls: what is before was done, what is after was not.
TEST(Try, NothingAfterAnErrorIsDone) {
  int calls = 0;
  const auto count = [&](int x) -> Result<void> {
    ++calls;
    return even(x);
  };
  const auto all = [&]() -> Result<void> {
    for (const int x : {2, 3, 4}) REGARD_TRY_DO(count(x));
    return {};
  };
  EXPECT_FALSE(all());
  EXPECT_EQ(calls, 2);
}

TEST(Try, AValueThatCannotBeCopiedIsMoved) {
  const auto make = [](int x) -> Result<std::unique_ptr<int>> {
    REGARD_TRY(const int value, number(x));
    return std::make_unique<int>(value);
  };
  const auto twice = [&](int x) -> Result<int> {
    REGARD_TRY(const std::unique_ptr<int> owned, make(x));
    REGARD_TRY(const std::unique_ptr<int>& kept, make(*owned));  // lives as long as the block
    std::unique_ptr<int> assigned;
    REGARD_TRY(assigned, make(*kept));
    return *owned + *assigned;
  };
  EXPECT_EQ(twice(4), 8);
  EXPECT_FALSE(twice(-4));
}

TEST(Try, AnExpressionMayHoldCommas) {
  const auto third = [](std::pair<int, int> p) -> Result<int> {
    REGARD_TRY(const int x, number(std::max<int>(p.first, p.second)));
    REGARD_TRY(const auto same, Result<std::pair<int, int>>(p));
    return x + same.second;
  };
  EXPECT_EQ(third({1, 2}), 4);
}

TEST(Try, AnIfWithoutBracesTakesTheOneThatDeclaresNothing) {
  const auto check = [](bool strict, int x) -> Result<int> {
    if (strict)
      REGARD_TRY_DO(even(x));
    else
      REGARD_TRY_DO(number(x));
    return x;
  };
  EXPECT_FALSE(check(true, 1));
  EXPECT_TRUE(check(false, 1));
  EXPECT_FALSE(check(false, -1));
}

}  // namespace
}  // namespace regard
