#include "pipeline/files/byte_sink.h"

#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

namespace freshet::pipeline {
namespace {

constexpr unsigned kGzipBufferBytes = 256 * 1024;

tl::unexpected<Error> failed_write(const std::string& name) {
  return error(ErrorCode::kFatal, name + ": writing failed; is the disk full, or the reader gone?");
}

class PlainSink final : public ByteSink {
 public:
  PlainSink(std::FILE* file, std::string name) : file_(file), name_(std::move(name)) {}
  PlainSink(const PlainSink&) = delete;
  PlainSink& operator=(const PlainSink&) = delete;
  ~PlainSink() override {
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
  }

  Status write(std::string_view bytes) override {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) {
      return failed_write(name_);
    }
    return {};
  }

  Status close() override {
    std::FILE* const file = std::exchange(file_, nullptr);
    const int ended = file == stdout ? std::fflush(file) : std::fclose(file);
    if (ended != 0) return failed_write(name_);
    return {};
  }

 private:
  std::FILE* file_;
  std::string name_;
};

class GzipSink final : public ByteSink {
 public:
  GzipSink(gzFile file, std::string name) : file_(file), name_(std::move(name)) {}
  GzipSink(const GzipSink&) = delete;
  GzipSink& operator=(const GzipSink&) = delete;
  ~GzipSink() override {
    if (file_ != nullptr) gzclose(file_);
  }

  Status write(std::string_view bytes) override {
    if (gzfwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) return failed_write(name_);
    return {};
  }

  Status close() override {
    if (gzclose(std::exchange(file_, nullptr)) != Z_OK) return failed_write(name_);
    return {};
  }

 private:
  gzFile file_;
  std::string name_;
};

tl::unexpected<Error> not_created(const std::filesystem::path& file) {
  return error(ErrorCode::kInvalidConfig, file.string() + ": cannot be written (" +
                                              std::strerror(errno) +
                                              "); check that its folder exists");
}

}  // namespace

Result<std::unique_ptr<ByteSink>> open_byte_sink(const std::filesystem::path& file) {
  if (file == "-") return std::make_unique<PlainSink>(stdout, "standard output");
  if (file.extension() == ".gz") {
    gzFile gzip = gzopen(file.c_str(), "wb1");
    if (gzip == nullptr) return not_created(file);
    gzbuffer(gzip, kGzipBufferBytes);
    return std::make_unique<GzipSink>(gzip, file.string());
  }
  std::FILE* plain = std::fopen(file.c_str(), "wb");
  if (plain == nullptr) return not_created(file);
  return std::make_unique<PlainSink>(plain, file.string());
}

}  // namespace freshet::pipeline
