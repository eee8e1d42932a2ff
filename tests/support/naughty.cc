#include "support/naughty.h"

namespace offsync::test {

std::vector<std::string> naughty_strings() {
  std::vector<std::string> all = {
      // What could be taken for something else.
      "undefined", "null", "NULL", "(null)", "nil", "None", "true", "false", "NaN", "Infinity",
      "-Infinity", "0", "1", "-1", "-0", "1.0", "1e5", "1E400", "0x10", "010", "1,000", "1_000",
      "9223372036854775808", "99999999999999999999999", "2026-11-27T12:00:00Z", "now", "-", "--",
      "---", "-n", "-C", "--help", "--batch", "@file", "@", "=1+1", "=cmd|' /C calc'!A0", "+1",
      "\t", " ", "  x ", ".", "..", "...", "../..", "/", "//", "a//b", "a/../b", "~", "~root", "*",
      "?", "a*b?", "[a-z]", "{a,b}", "\\", "\\\\", "a\\b", "\\*", "\\n", "\\u0041", "\\x41", "%",
      "%%", "%s%d%n", "%00", "%0a", "%2F", "%2e%2e%2f", "+", "a+b", "a&b=c", "?subject=x", "#", ";",
      ":", "::", ",", "\"", "\"\"", "'", "''", "`", "`id`", "$HOME", "${PATH}", "$(id)", "$where",
      "$set", "$", "!", "!!", "|", "a|b", "&&", ">", ">/x", "<", "<x>", "<script>alert(1)</script>",
      "<!--", "]]>", "&lt;", "&#0;", "//comment", "/*", "*/", "'; DROP TABLE event; --",
      "' OR 1=1 --", "\" OR \"\"=\"", "x'00'", "a.b", "a.b.c", "__proto__", "constructor",
      "toString", "hasOwnProperty", "length", "id", "source", "set", "unset", "base", "data",
      "sequence", "offsync.conflict", "{}", "[]", "{", "}", "[", "]", "{\"a\":1}", "}{", "\"}",
      "\":\"", "data: x", "id: 1", "event: reset", ":", ": comment", "retry: 0",
      // Characters of all kinds.
      "é", "e\u0301", "ß", "ẞ", "İ", "ı", "ǆ", "ﬁ", "Ω", "Ω", "Å", "Å", "½", "²", "①", "Ⅷ", "´",
      "…", "—", "\u00a0", "\u2003", "\u3000", "\u00ad", "\u200b", "\u200c", "\u200d", "\u2060",
      "\ufeff", "\u180e", "\u2028", "\u2029", "\u061c", "\u200e", "\u200f", "\u202a", "\u202e",
      "\u202eevil\u202c", "\u2066x\u2069", "\ufff9x\ufffb", "\ufffc", "\ufffd", "\ue000", "\uf8ff",
      "\U000f0000", "\U0010fffd", "\U000e0041", "\U000e0100", "\u3164", "\u115f", "\uffa0",
      "\u034f", "\u17b4", "\U0001d173", "\u0600", "日本語", "中文", "한국어", "ｆｕｌｌ", "ﾊﾝｶｸ",
      "ñandú", "Straße", "Ελληνικά", "Русский", "עברית", "العربية", "हिन्दी", "ไทย", "தமிழ்",
      "ქართული", "አማርኛ", "ᚠᛇᚻ", "𝕏", "𝒜𝓑", "𠜎𠜱", "𐐷", "😀", "👍🏽",
      "👩‍👩‍👧‍👦", "🇩🇪", "❤️", "1️⃣",
      // clang-format off
      "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!"
      "͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
      // clang-format on
      "ﷺ", "꧅", "⸻", "𒐫",
      // What a terminal would obey, and what no attribute may have.
      "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b[2J", "\x1bP", "\u009b31m", "\u0080", "\u0085",
      "\u009f", "\x07", "\x08", "\x0b", "\x0c", "\x7f", "\x01", "\x1f", "a\nb", "a\r\nb", "\r",
      "\n", "a\tb", "\ufdd0", "\ufdef", "\ufffe", "\uffff", "\U0001fffe", "\U0010ffff"};
  std::string marks = "x", spaces, quotes;
  for (int i = 0; i < 3000; ++i) marks += "\u0335";
  for (int i = 0; i < 2000; ++i) spaces += ' ';
  for (int i = 0; i < 2000; ++i) quotes += "\"\\";
  all.push_back(std::string(5000, 'a'));
  all.push_back(marks);
  all.push_back(spaces);
  all.push_back(quotes);
  return all;
}

}  // namespace offsync::test
