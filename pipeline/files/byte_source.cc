#include "pipeline/files/byte_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "common/check.h"

namespace freshet::pipeline {
namespace {

constexpr int kStopLookMs = 100;

class FileSource final : public ByteSource {
 public:
  FileSource(int descriptor, std::string name, const StopSignal* stop)
      : descriptor_(descriptor), name_(std::move(name)), stop_(stop) {
    struct stat about {};
    if (::fstat(descriptor_, &about) == 0 && S_ISREG(about.st_mode)) size_ = about.st_size;
  }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override {
    if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
  }

  Result<std::size_t> read(std::span<char> buffer) override {
    if (Status there = wait_for_bytes(); !there) return tl::unexpected(there.error());
    for (;;) {
      const ssize_t count = ::read(descriptor_, buffer.data(), buffer.size());
      if (count >= 0) {
        taken_ += count;
        return static_cast<std::size_t>(count);
      }
      if (errno == EINTR) continue;
      return error(ErrorCode::kFatal, name_ + ": cannot read: " + std::strerror(errno));
    }
  }

  std::optional<double> share() const override {
    if (size_ <= 0) return std::nullopt;
    return std::min(1.0, static_cast<double>(taken_) / static_cast<double>(size_));
  }

 private:
  // Returns when a read would not wait, its end and its faults included.
  Status wait_for_bytes() const {
    if (stop_ == nullptr) return {};
    pollfd wanted{descriptor_, POLLIN, 0};
    while (!stop_->requested()) {
      const int ready = ::poll(&wanted, 1, kStopLookMs);
      if (ready > 0 || (ready < 0 && errno != EINTR)) return {};
    }
    return error(ErrorCode::kUnavailable, name_ + ": stopped while reading");
  }

  int descriptor_;
  std::string name_;
  const StopSignal* stop_;
  off_t size_ = 0;  // 0: not known
  off_t taken_ = 0;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string bytes) : bytes_(std::move(bytes)) {}

  Result<std::size_t> read(std::span<char> buffer) override {
    const std::size_t count = std::min(buffer.size(), bytes_.size() - at_);
    std::copy_n(bytes_.data() + at_, count, buffer.data());
    at_ += count;
    return count;
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

// Passes plain bytes through and inflates gzip; which of the two the first bytes decide.
class DetectingSource final : public ByteSource {
 public:
  DetectingSource(std::unique_ptr<ByteSource> raw, std::string name)
      : raw_(std::move(raw)), name_(std::move(name)) {}
  DetectingSource(const DetectingSource&) = delete;
  DetectingSource& operator=(const DetectingSource&) = delete;
  ~DetectingSource() override {
    if (mode_ == Mode::kGzip) inflateEnd(&stream_);
  }

  Result<std::size_t> read(std::span<char> buffer) override {
    FRESHET_CHECK(!buffer.empty());
    if (failure_.has_value()) return tl::unexpected(*failure_);
    Result<std::size_t> count = read_once(buffer);
    if (!count) failure_ = count.error();
    return count;
  }

  std::optional<double> share() const override { return raw_->share(); }

 private:
  enum class Mode { kUnknown, kPlain, kGzip };
  static constexpr std::size_t kMagicBytes = 2;

  Result<std::size_t> read_once(std::span<char> buffer) {
    if (mode_ == Mode::kUnknown) {
      if (Status status = detect(); !status) return tl::unexpected(status.error());
    }
    return mode_ == Mode::kPlain ? read_plain(buffer) : read_gzip(buffer);
  }

  // Adds what the raw source gives to pending_; false at its end.
  Result<bool> refill() {
    const std::size_t kept = pending_.size();
    std::copy(pending_.begin(), pending_.end(), input_.begin());
    Result<std::size_t> count = raw_->read(std::span(input_).subspan(kept));
    if (!count) return tl::unexpected(count.error());
    pending_ = std::span(input_).first(kept + *count);
    raw_bytes_ += *count;
    return *count > 0;
  }

  Result<bool> fill_magic() {
    while (pending_.size() < kMagicBytes) {
      Result<bool> more = refill();
      if (!more) return more;
      if (!*more) break;
    }
    return pending_.size() >= kMagicBytes && pending_[0] == '\x1f' && pending_[1] == '\x8b';
  }

  Status detect() {
    Result<bool> gzip = fill_magic();
    if (!gzip) return tl::unexpected(gzip.error());
    if (!*gzip) {
      mode_ = Mode::kPlain;
      return {};
    }
    constexpr int kWindowBits = 15;
    constexpr int kGzipWrapper = 16;
    FRESHET_CHECK(inflateInit2(&stream_, kWindowBits + kGzipWrapper) == Z_OK);
    mode_ = Mode::kGzip;
    return {};
  }

  Result<std::size_t> read_plain(std::span<char> buffer) {
    if (pending_.empty()) return raw_->read(buffer);
    const std::size_t count = std::min(buffer.size(), pending_.size());
    std::copy_n(pending_.begin(), count, buffer.begin());
    pending_ = pending_.subspan(count);
    return count;
  }

  Result<std::size_t> read_gzip(std::span<char> buffer) {
    while (!ended_) {
      if (pending_.empty()) {
        Result<bool> more = refill();
        if (!more) return tl::unexpected(more.error());
        if (!*more) {
          return error(ErrorCode::kFatal, name_ + ": truncated gzip: it ends after " +
                                              std::to_string(raw_bytes_) +
                                              " bytes, inside a compressed stream");
        }
      }
      Result<std::size_t> count = inflate_some(buffer);
      if (!count || *count > 0) return count;
    }
    return std::size_t{0};
  }

  Result<std::size_t> inflate_some(std::span<char> buffer) {
    // zlib's interface predates const and counts in uInt.
    constexpr std::size_t kStep = 1U << 30;
    const std::size_t room = std::min(buffer.size(), kStep);
    stream_.next_in = reinterpret_cast<Bytef*>(pending_.data());
    stream_.avail_in = static_cast<uInt>(pending_.size());
    stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream_.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    pending_ = pending_.last(stream_.avail_in);
    const std::size_t count = room - stream_.avail_out;
    if (result == Z_STREAM_END) {
      if (Status status = next_member(); !status) {
        // What this member gave is whole and checked: it comes first, the fault at the next call.
        if (count == 0) return tl::unexpected(status.error());
        failure_ = status.error();
      }
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      FRESHET_CHECK(result != Z_MEM_ERROR);
      Error fault = corrupt(stream_.msg != nullptr ? stream_.msg : "invalid data");
      if (count == 0) return tl::unexpected(std::move(fault));
      failure_ = std::move(fault);
    }
    return count;
  }

  // After a member: another one, the end, or bytes that are not gzip.
  Status next_member() {
    Result<bool> gzip = fill_magic();
    if (!gzip) return tl::unexpected(gzip.error());
    if (*gzip) {
      FRESHET_CHECK(inflateReset(&stream_) == Z_OK);
      return {};
    }
    if (!pending_.empty()) return tl::unexpected(corrupt("bytes that are not gzip follow it"));
    ended_ = true;
    return {};
  }

  Error corrupt(std::string_view what) const {
    return Error{ErrorCode::kFatal, name_ + ": corrupt gzip before byte " +
                                        std::to_string(raw_bytes_ - pending_.size()) + ": " +
                                        std::string(what)};
  }

  std::unique_ptr<ByteSource> raw_;
  std::string name_;
  Mode mode_ = Mode::kUnknown;
  bool ended_ = false;
  std::optional<Error> failure_;
  std::array<char, 1 << 16> input_;
  std::span<char> pending_;      // read from raw_, not yet used; a part of input_
  std::uint64_t raw_bytes_ = 0;  // read from raw_ so far
  z_stream stream_{};
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_byte_source(const std::filesystem::path& file,
                                                     const StopSignal* stop) {
  int descriptor = STDIN_FILENO;
  std::string name = "standard input";
  if (file != "-") {
    name = file.string();
    descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
      return error(ErrorCode::kInvalidConfig, name + ": cannot open: " + std::strerror(errno));
    }
  }
  return std::make_unique<DetectingSource>(std::make_unique<FileSource>(descriptor, name, stop),
                                           name);
}

std::unique_ptr<ByteSource> memory_byte_source(std::string bytes, std::string name) {
  return std::make_unique<DetectingSource>(std::make_unique<MemorySource>(std::move(bytes)),
                                           std::move(name));
}

}  // namespace freshet::pipeline
