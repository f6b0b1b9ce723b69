// Tensors of a file as the layers of a model.
#include <unistd.h>

#include <gtest/gtest.h>

#include "core/models/tensor_files.h"
#include "tests/support/checkpoint.h"

namespace regard::test {
namespace {

class TensorReaderTest : public ::testing::Test {
 protected:
  // A layer whose weights are random, [out][in]. @return  they
  Matrix add(const std::string& name, int in, int out, bool bias) {
    const Matrix weight = Matrix::Random(out, in);
    tensors_[name + ".weight"] = {{static_cast<std::uint64_t>(out), static_cast<std::uint64_t>(in)},
                                  {weight.data(), weight.data() + weight.size()}};
    if (bias)
      tensors_[name + ".bias"] = {{static_cast<std::uint64_t>(out)},
                                  std::vector<float>(static_cast<std::size_t>(out), 0.5f)};
    return weight;
  }
  TensorFiles files() {
    save(folder_.path() / "model.safetensors", tensors_);
    return open_tensors(folder_.path(), hugging_face_files()).value();
  }

  TempFolder folder_;
  Tensors tensors_;
};

// One after the other through the same memory: none keeps numbers of the one before.
TEST_F(TensorReaderTest, LayersArePackedAsTheyAreRead) {
  const Matrix large = add("large", 300, 70, true), small = add("small", 5, 3, false),
               larger = add("larger", 400, 90, true);
  const TensorFiles opened = files();
  TensorReader in(opened);
  const Linear a = in.linear("large", 300, 70), b = in.linear("small", 5, 3, false),
               c = in.linear("larger", 400, 90);
  ASSERT_FALSE(in.failed());
  EXPECT_EQ(rows_of_inputs(a, 0, 300), large.transpose());
  EXPECT_EQ(rows_of_inputs(b, 0, 5), small.transpose());
  EXPECT_EQ(rows_of_inputs(c, 0, 400), larger.transpose());
  for (const Linear* layer : {&a, &b, &c}) EXPECT_EQ(layer->weight.size(), 0) << "held once";
  EXPECT_EQ(a.bias, RowVector::Constant(70, 0.5f));
  EXPECT_EQ(b.bias, RowVector::Zero(3));
  EXPECT_EQ(in.matrix("small.weight", 3, 5), small);
  EXPECT_TRUE(in.was_read("larger.weight"));
}

TEST_F(TensorReaderTest, AWrongShapeIsSaidAndNothingIsReadAfterIt) {
  add("layer", 5, 3, true);
  add("other", 2, 2, true);
  const TensorFiles opened = files();
  TensorReader in(opened);
  EXPECT_TRUE(in.linear("layer", 3, 5).packed.empty());
  ASSERT_TRUE(in.failed());
  EXPECT_EQ(in.error().message, label_of(folder_.path() / "model.safetensors") +
                                    ": layer.weight: expected shape [5, 3], got [3, 5]");
  EXPECT_TRUE(in.linear("other", 2, 2).packed.empty());
  EXPECT_EQ(in.matrix("other.weight", 2, 2).size(), 0);
  EXPECT_EQ(in.error().message, label_of(folder_.path() / "model.safetensors") +
                                    ": layer.weight: expected shape [5, 3], got [3, 5]");
}

TEST_F(TensorReaderTest, ANameThatIsNotThereIsSaid) {
  add("layer", 5, 3, false);
  const TensorFiles opened = files();
  TensorReader in(opened);
  EXPECT_EQ(in.matrix("layer.bias", {3}, 1).size(), 0);
  ASSERT_TRUE(in.failed());
  EXPECT_EQ(in.error().message, label_of(folder_.path() / "model.safetensors") +
                                    ": layer.bias: expected shape [3], got no such tensor");
}

}  // namespace
}  // namespace regard::test
