#include <algorithm>
#include <string>

#include "cli/text/escape.h"
#include "event/value.h"
#include "support/catch.h"
#include "support/ports.h"

using namespace offsync;
using namespace offsync::cli;
using namespace std::string_literals;

namespace {

// What a terminal could take for a command, or a reader for another line.
bool harmless(const std::string& text) {
  return valid_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           const auto u = static_cast<unsigned char>(c);
           return u < 0x20 || u == 0x7f;
         });
}

}  // namespace

TEST_CASE("escape: plain text of any language stays as it is") {
  for (const char* text :
       {"", "Buy milk", "C:\\n", "Übung ✓", "日本語", "שלום", "👍🏽", "e\u0301"}) {
    CHECK(escape_text(text) == text);
  }
}

TEST_CASE("escape: nothing in a text drives the terminal") {
  CHECK(escape_text("a\nb\tc\rd") == "a\\nb\\tc\\rd");
  CHECK(escape_text("\x1b[31mred\x07") == "\\x1b[31mred\\x07");
  CHECK(escape_text("\0\x7f"s) == "\\x00\\x7f");
  CHECK(escape_text("\u009b31m") == "\\u{9b}31m");  // CSI in one character (C1)
  CHECK(escape_text("\u202eevil\u202c") == "\\u{202e}evil\\u{202c}");
  CHECK(escape_text("\u2066x\u2069") == "\\u{2066}x\\u{2069}");
  CHECK(escape_text("a\u200bb\ufeff") == "a\\u{200b}b\\u{feff}");
  CHECK(escape_text("\u2028\u2029") == "\\u{2028}\\u{2029}");
  CHECK(escape_text("\U000e0041") == "\\u{e0041}");  // tags: text nobody sees
}

TEST_CASE("escape: what is not seen is written out") {
  CHECK(escape_text("a\u034fb") == "a\\u{34f}b");  // combining grapheme joiner
  CHECK(escape_text("\u115f\u1160\u3164\uffa0") ==
        "\\u{115f}\\u{1160}\\u{3164}\\u{ffa0}");                         // Hangul fillers
  CHECK(escape_text("\U0001d173\U0001d17a") == "\\u{1d173}\\u{1d17a}");  // of music
  CHECK(escape_text("\U000e0080\U000e0100\U000e0fff") == "\\u{e0080}\\u{e0100}\\u{e0fff}");
  CHECK(escape_text("\u0600\u0605\u06dd\u070f\u08e2") ==
        "\\u{600}\\u{605}\\u{6dd}\\u{70f}\\u{8e2}");  // signs around Arabic numbers
  CHECK(escape_text("\u17b4\u180b\u180e\u2065\ufff0") ==
        "\\u{17b4}\\u{180b}\\u{180e}\\u{2065}\\u{fff0}");
  CHECK(escape_text("\ufdd0\uffff\U0010ffff") == "\\u{fdd0}\\u{ffff}\\u{10ffff}");
  CHECK(escape_text("\U00013430\U000110bd") == "\\u{13430}\\u{110bd}");
  CHECK(escape_json("\"\u3164\U000e0100\"") == "\"\\u3164\\udb40\\udd00\"");
  CHECK(escape_text("❤\ufe0f") == "❤\ufe0f");  // as emoji have it
}

TEST_CASE("escape: marks do not pile up") {
  const auto marks = [](int count) {
    std::string text = "e";
    for (int i = 0; i < count; ++i) text += i % 2 == 0 ? "\u0301" : "\u0489";
    return text;
  };
  CHECK(escape_text(marks(8)) == marks(8));
  CHECK(escape_text(marks(9)) == marks(8) + "\\u{301}");
  CHECK(escape_json('"' + marks(9) + '"') == '"' + marks(8) + "\\u0301\"");
  const std::string flood = escape_text(marks(20'000));
  CHECK(escape_text(flood) == flood);
  CHECK(clip(flood, 40).size() < 40 + 40 / 7 * 8 * 3 + 8 * 3 + 10);
  // Scripts that are written with marks are left alone.
  for (const char* text : {"שָׁלוֹם", "مُحَمَّد", "हिन्दी", "ไม้", "q̣̇", "Ṩ"}) {
    CHECK(escape_text(text) == text);
  }
  CHECK(display_width("שָׁלוֹם") == 4);
  CHECK(display_width("हिन्दी") == 5);
}

TEST_CASE("escape: bytes that are no UTF-8 are shown one by one") {
  CHECK(escape_text("a\xff") == "a\\xff");
  CHECK(escape_text("\xc0\x8a") == "\\xc0\\x8a");  // an overlong LF
  CHECK(escape_text("\xe0\x80\x8a") == "\\xe0\\x80\\x8a");
  CHECK(escape_text("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate
  CHECK(escape_text("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(escape_text("\xe2\x82") == "\\xe2\\x82");  // cut
  CHECK(escape_text("\x9b"
                    "31m") ==
        "\\x9b"
        "31m");
}

TEST_CASE("escape: any bytes become harmless, and harmless text stays") {
  test::SeededRandom random(5);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random.next() % 12, '\0');
    for (char& c : bytes) {
      const auto value = random.next();
      c = static_cast<char>(value % 3 == 0 ? 0x80 + (value >> 8) % 0x80 : value >> 8);
    }
    const std::string escaped = escape_text(bytes);
    REQUIRE(harmless(escaped));
    REQUIRE(escape_text(escaped) == escaped);
  }
}

TEST_CASE("escape: every character is either kept or written out") {
  for (std::uint32_t c = 0x80; c < 0x110000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    std::string text;
    if (c >= 0x10000) {
      text += static_cast<char>(0xf0 | (c >> 18));
      text += static_cast<char>(0x80 | ((c >> 12) & 0x3f));
    } else if (c >= 0x800) {
      text += static_cast<char>(0xe0 | (c >> 12));
    }
    text += static_cast<char>(c >= 0x800 ? 0x80 | ((c >> 6) & 0x3f) : 0xc0 | (c >> 6));
    text += static_cast<char>(0x80 | (c & 0x3f));
    const std::string escaped = escape_text(text);
    if (escaped != text && escaped.substr(0, 3) != "\\u{") FAIL("U+" << std::hex << c);
    if (c < 0xa0 && escaped == text) FAIL("C1 " << std::hex << c);
  }
}

TEST_CASE("escape: columns, clipping and filling") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("日本") == 4);
  CHECK(display_width("👍") == 2);
  CHECK(display_width("e\u0301") == 1);
  CHECK(clip("abcdef", 6) == "abcdef");
  CHECK(clip("abcdef", 5) == "abcd…");
  CHECK(clip("日本語", 5) == "日本…");
  CHECK(clip("日本語", 4) == "日…");  // never half a character
  CHECK(clip("abc", 1) == "…");
  CHECK(clip("abc", 0).empty());
  CHECK(pad("ab", 4) == "ab  ");
  CHECK(pad("日", 4) == "日  ");
  CHECK(pad("abcd", 2) == "abcd");
  for (std::size_t columns = 0; columns < 12; ++columns) {
    const std::string cut = clip("a日\u0301👍bü語", columns);
    CHECK(display_width(cut) <= columns);
    CHECK(valid_utf8(cut));
    CHECK(display_width(pad(cut, columns)) == columns);
  }
}
