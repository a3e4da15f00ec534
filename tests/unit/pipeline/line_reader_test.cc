#include "pipeline/files/line_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temp_dir.h"

namespace freshet::pipeline::line_reader_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kWide = 1 << 20;

std::string gzip(const std::string& plain) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string input = plain;
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

struct Read {
  std::vector<std::string> lines;
  std::string fault;
};

Read read_all(LineReader reader) {
  Read read;
  for (;;) {
    Result<std::optional<Line>> line = reader.next();
    if (!line) {
      EXPECT_EQ(line.error().code, ErrorCode::kFatal);
      read.fault = line.error().message;
      EXPECT_EQ(reader.next().error().message, read.fault);  // and again the same
      return read;
    }
    if (!line->has_value()) {
      EXPECT_FALSE(reader.next()->has_value());
      return read;
    }
    EXPECT_EQ((*line)->number, read.lines.size() + 1);
    EXPECT_FALSE((*line)->oversized());
    read.lines.emplace_back((*line)->bytes);
  }
}

Read read_bytes(const std::string& bytes) {
  return read_all(LineReader(memory_byte_source(bytes, "log"), kWide));
}

// Gives its bytes in pieces of one size, so that every border falls somewhere.
class PiecewiseSource final : public ByteSource {
 public:
  PiecewiseSource(std::string bytes, std::size_t piece)
      : inner_(memory_byte_source(std::move(bytes), "log")), piece_(piece) {}
  Result<std::size_t> read(std::span<char> buffer) override {
    return inner_->read(buffer.first(std::min(piece_, buffer.size())));
  }

 private:
  std::unique_ptr<ByteSource> inner_;
  std::size_t piece_;
};

TEST(LineReaderTest, LinesEndWithLineFeedAndTheLastMayLackIt) {
  EXPECT_THAT(read_bytes("a\nbc\n").lines, ElementsAre("a", "bc"));
  EXPECT_THAT(read_bytes("a\nbc").lines, ElementsAre("a", "bc"));
  EXPECT_THAT(read_bytes("").lines, IsEmpty());
  EXPECT_THAT(read_bytes("\n").lines, ElementsAre(""));
  EXPECT_THAT(read_bytes("\n\na\n\n").lines, ElementsAre("", "", "a", ""));
}

TEST(LineReaderTest, CarriageReturnsAndNulsStay) {
  const std::string bytes("a\r\nb\0c\r", 7);
  EXPECT_THAT(read_bytes(bytes).lines, ElementsAre("a\r", std::string("b\0c\r", 4)));
}

TEST(LineReaderTest, LinesAreTheSameWhereverTheReadsEnd) {
  const std::string bytes = "one\n\nthree is longer\r\nfour";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Read read = read_all(LineReader(std::make_unique<PiecewiseSource>(bytes, piece), kWide));
    EXPECT_THAT(read.lines, ElementsAre("one", "", "three is longer\r", "four"));
  }
}

TEST(LineReaderTest, GzipIsRecognisedByItsBytes) {
  EXPECT_THAT(read_bytes(gzip("a\nb\n")).lines, ElementsAre("a", "b"));
  EXPECT_THAT(read_bytes(gzip("")).lines, IsEmpty());
  EXPECT_THAT(read_bytes("\x1f").lines, ElementsAre("\x1f"));
  EXPECT_THAT(read_bytes("\x1fzz").lines, ElementsAre("\x1fzz"));
}

TEST(LineReaderTest, GzipMembersAreOneStream) {
  EXPECT_THAT(read_bytes(gzip("a\nb") + gzip("c\n") + gzip("") + gzip("d")).lines,
              ElementsAre("a", "bc", "d"));
}

TEST(LineReaderTest, LongInputIsReadWholeInBoth) {
  std::string plain;
  std::vector<std::string> expected;
  for (int i = 0; i < 100'000; ++i) {
    expected.push_back("line " + std::to_string(i * 7919));
    plain += expected.back() + "\n";
  }
  EXPECT_EQ(read_bytes(plain).lines, expected);
  EXPECT_EQ(read_bytes(gzip(plain)).lines, expected);
}

TEST(LineReaderTest, TruncatedGzipIsRefusedByNameAfterItsWholeLines) {
  std::string plain;
  for (int i = 0; i < 20'000; ++i) plain += "line " + std::to_string(i * 7919) + "\n";
  const std::string packed = gzip(plain);
  const Read whole = read_bytes(packed);
  for (const std::size_t kept : {packed.size() - 1, packed.size() - 9, packed.size() / 2,
                                 packed.size() / 10, std::size_t{12}, std::size_t{3}}) {
    const Read read = read_bytes(packed.substr(0, kept));
    EXPECT_THAT(read.fault,
                HasSubstr("log: truncated gzip: it ends after " + std::to_string(kept) + " bytes"));
    EXPECT_THAT(read.fault, HasSubstr("after line " + std::to_string(read.lines.size())));
    ASSERT_LE(read.lines.size(), whole.lines.size());
    EXPECT_TRUE(std::equal(read.lines.begin(), read.lines.end(), whole.lines.begin()));
  }
  EXPECT_EQ(read_bytes(packed.substr(0, packed.size() - 1)).lines, whole.lines);
}

TEST(LineReaderTest, EveryTruncationOfASmallGzipIsDetected) {
  const std::string packed = gzip("first\nsecond\n");
  for (std::size_t kept = 2; kept < packed.size(); ++kept) {
    EXPECT_THAT(read_bytes(packed.substr(0, kept)).fault, HasSubstr("truncated gzip")) << kept;
  }
}

TEST(LineReaderTest, CorruptGzipIsRefused) {
  std::string packed = gzip("first\nsecond\n");
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);  // in the CRC
  EXPECT_THAT(read_bytes(packed).fault, HasSubstr("log: corrupt gzip before byte"));
}

TEST(LineReaderTest, BytesAfterTheGzipAreRefusedAfterItsLines) {
  const Read read = read_bytes(gzip("a\nb\n") + "junk");
  EXPECT_THAT(read.lines, ElementsAre("a", "b"));
  EXPECT_THAT(read.fault, HasSubstr("bytes that are not gzip follow"));
}

TEST(LineReaderTest, OversizedLineIsCutAndTheNextIsWhole) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    const std::string bytes = "short\n" + std::string(100, 'x') + "\nnext\n" + std::string(11, 'y');
    LineReader reader(std::make_unique<PiecewiseSource>(bytes, piece), 10);
    EXPECT_EQ((*reader.next())->bytes, "short");
    const Line oversized = **reader.next();
    EXPECT_TRUE(oversized.oversized());
    EXPECT_EQ(oversized.bytes, std::string(10, 'x'));
    EXPECT_EQ(oversized.length, 100U);
    EXPECT_EQ(oversized.number, 2U);
    EXPECT_EQ((*reader.next())->bytes, "next");
    const Line last = **reader.next();
    EXPECT_TRUE(last.oversized());
    EXPECT_EQ(last.length, 11U);
    EXPECT_FALSE(reader.next()->has_value());
  }
}

TEST(LineReaderTest, LineOfExactlyTheLimitIsWhole) {
  LineReader reader(memory_byte_source("0123456789\n", "log"), 10);
  const Line line = **reader.next();
  EXPECT_FALSE(line.oversized());
  EXPECT_EQ(line.bytes, "0123456789");
}

// Makes 10 MB of one line out of nothing, so that the test's own memory shows the reader's.
class EndlessLineSource final : public ByteSource {
 public:
  Result<std::size_t> read(std::span<char> buffer) override {
    const std::size_t count = std::min(buffer.size(), left_);
    std::fill_n(buffer.begin(), count, 'x');
    left_ -= count;
    if (count > 0) return count;
    if (tail_.empty()) return std::size_t{0};
    const std::size_t tail = tail_.copy(buffer.data(), buffer.size());
    tail_.remove_prefix(tail);
    return tail;
  }

 private:
  std::size_t left_ = 10'000'000;
  std::string_view tail_ = "\nafter it\n";
};

TEST(LineReaderTest, TenMegabyteLineIsNotHeldInMemory) {
  LineReader reader(std::make_unique<EndlessLineSource>(), 4096);
  const Line line = **reader.next();
  EXPECT_EQ(line.length, 10'000'000U);
  EXPECT_EQ(line.bytes.size(), 4096U);
  EXPECT_EQ((*reader.next())->bytes, "after it");
}

TEST(LineReaderTest, FilesAreReadPlainAndPacked) {
  const test::TempDir directory;
  const auto plain = directory.path() / "plain.jsonl";
  const auto packed = directory.path() / "packed.jsonl";
  std::ofstream(plain, std::ios::binary) << "a\nb\n";
  std::ofstream(packed, std::ios::binary) << gzip("a\nb\n");
  for (const auto& file : {plain, packed}) {
    Result<LineReader> reader = LineReader::open(file, kWide);
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_THAT(read_all(std::move(*reader)).lines, ElementsAre("a", "b"));
  }
}

TEST(LineReaderTest, MissingFileIsNamed) {
  const Result<LineReader> reader = LineReader::open("/nowhere/log.jsonl", kWide);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(reader.error().message, HasSubstr("/nowhere/log.jsonl: cannot open: No such file"));
}

TEST(LineReaderTest, DirectoryIsRefused) {
  const test::TempDir directory;
  Result<LineReader> reader = LineReader::open(directory.path(), kWide);
  ASSERT_TRUE(reader);
  EXPECT_THAT(read_all(std::move(*reader)).fault, HasSubstr("Is a directory"));
}

TEST(LineReaderTest, AStopEndsTheWaitForAPipeWithoutItsHalfLine) {
  const test::TempDir dir;
  const std::filesystem::path pipe = dir.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::fstream writer(pipe, std::ios::in | std::ios::out);  // a pipe that has a writer
  ASSERT_TRUE(writer << "one\ntw" << std::flush);
  StopSignal stop;
  Result<LineReader> reader = LineReader::open(pipe, kWide, &stop);
  ASSERT_TRUE(reader);
  const Result<std::optional<Line>> whole = reader->next();
  ASSERT_TRUE(whole && *whole);
  EXPECT_EQ((*whole)->bytes, "one");
  std::thread stopper([&] { stop.request(); });
  const Result<std::optional<Line>> half = reader->next();
  stopper.join();
  ASSERT_FALSE(half);
  EXPECT_EQ(half.error().code, ErrorCode::kUnavailable);
}

}  // namespace freshet::pipeline::line_reader_test
