#include "scorer/files/matrix_file.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/coding.h"
#include "scorer/files/folder_files.h"
#include "scorer/files/tensor_file.h"
#include "scorer/model/model_limits.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {
namespace {

constexpr std::string_view kNumpyMagic = "\x93NUMPY";
constexpr std::uint64_t kNumpyHeaderBytesMax = 65'536;

// The sizes are the file's own word: nothing is allocated before they fit its bytes.
Result<Matrix> read_values(const std::string& name, std::uint64_t rows, std::uint64_t cols,
                           std::uint64_t bytes, std::ifstream* stream) {
  if (rows == 0 || rows > kItemsMax || cols == 0 || cols > kEmbeddingDimMax) {
    return refuse_model(name, "holds [" + std::to_string(rows) + ", " + std::to_string(cols) +
                                  "] values; a table of embeddings has 1 to 2^30 rows of 1 to " +
                                  std::to_string(kEmbeddingDimMax) + " columns");
  }
  if (rows * cols * sizeof(float) != bytes) {
    return refuse_model(name, "has " + std::to_string(bytes) + " bytes of values, [" +
                                  std::to_string(rows) + ", " + std::to_string(cols) +
                                  "] float32 need " + std::to_string(rows * cols * sizeof(float)) +
                                  "; it is damaged or cut short, write it again");
  }
  Matrix matrix{rows, cols, std::vector<float>(rows * cols)};
  stream->read(reinterpret_cast<char*>(matrix.data.data()), static_cast<std::streamsize>(bytes));
  if (!*stream) return refuse_model(name, "cannot be read to its end; it changed meanwhile");
  return matrix;
}

// What follows 'key': in a header of NumPy, without the spaces before it.
std::optional<std::string_view> value_of(std::string_view header, const std::string& key) {
  const std::size_t place = header.find("'" + key + "':");
  if (place == std::string_view::npos) return std::nullopt;
  std::string_view rest = header.substr(place + key.size() + 3);
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  return rest;
}

// (n, d) as a tuple of Python.
std::optional<std::pair<std::uint64_t, std::uint64_t>> read_shape(std::string_view text) {
  std::uint64_t extents[2] = {};
  if (!text.starts_with('(')) return std::nullopt;
  text.remove_prefix(1);
  for (std::size_t i = 0; i < 2; ++i) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), extents[i]);
    if (failure != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with(i == 0 ? ',' : ')')) return std::nullopt;
    text.remove_prefix(1);
  }
  return std::pair(extents[0], extents[1]);
}

Result<Matrix> read_numpy(const std::string& name, OpenFile* file) {
  const auto refuse = [&](const std::string& message) { return refuse_model(name, message); };
  std::string head(2, '\0');
  file->stream.read(head.data(), 2);
  const char major = file->stream ? head[0] : '\0';
  if (major < 1 || major > 3) return refuse("is no .npy of version 1 to 3; save it again");
  std::string length(major == 1 ? 2 : 4, '\0');
  file->stream.read(length.data(), static_cast<std::streamsize>(length.size()));
  length.resize(4, '\0');
  const std::uint64_t header_bytes = ByteReader(length).u32_le();
  const std::uint64_t before = kNumpyMagic.size() + 2 + (major == 1 ? 2 : 4);
  if (!file->stream || header_bytes > kNumpyHeaderBytesMax || before + header_bytes > file->bytes) {
    return refuse("its header is cut short; write it again");
  }
  std::string header(header_bytes, '\0');
  file->stream.read(header.data(), static_cast<std::streamsize>(header.size()));
  const auto type = value_of(header, "descr");
  if (!type || !type->starts_with("'<f4'")) {
    return refuse("its values are no little-endian float32; save array.astype(\"<f4\")");
  }
  const auto order = value_of(header, "fortran_order");
  if (!order || !order->starts_with("False")) {
    return refuse("is in Fortran's order; save numpy.ascontiguousarray(array)");
  }
  const auto shape_text = value_of(header, "shape");
  const auto shape = shape_text ? read_shape(*shape_text) : std::nullopt;
  if (!shape) return refuse("is no matrix of two dimensions, [items, dimensions]");
  return read_values(name, shape->first, shape->second, file->bytes - before - header_bytes,
                     &file->stream);
}

Result<Matrix> read_safetensors(const std::string& name, OpenFile* file) {
  const auto entries = read_tensor_header(name, file);
  if (!entries) return tl::unexpected(entries.error());
  if (entries->size() != 1 || entries->front().shape.size() != 2) {
    return refuse_model(name, "holds " + std::to_string(entries->size()) +
                                  " tensors; one of two dimensions is wanted, [items, dimensions]");
  }
  const TensorEntry& entry = entries->front();
  return read_values(name, entry.shape[0], entry.shape[1], entry.end - entry.begin, &file->stream);
}

}  // namespace

Result<Matrix> read_matrix(const std::filesystem::path& path) {
  Result<OpenFile> file = open_file(path);
  if (!file) return tl::unexpected(file.error());
  std::string magic(kNumpyMagic.size(), '\0');
  file->stream.read(magic.data(), static_cast<std::streamsize>(magic.size()));
  if (file->stream && magic == kNumpyMagic) return read_numpy(path.string(), &*file);
  file->stream.clear();
  file->stream.seekg(0);
  return read_safetensors(path.string(), &*file);
}

}  // namespace freshet::scorer
