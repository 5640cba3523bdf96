import { describe, expect, it } from "vitest";
import { DATA, execute } from "./executing.ts";

// Recorded from Go's text/template.
describe("printf", () => {
  describe("integers", () => {
    it.each([
      ['{{printf "%d %5d|%-5d|%05d %+d % d" 42 42 42 42 42 42}}', "42    42|42   |00042 +42  42"],
      ['{{printf "%x %X %#x %o %#o %O %b %#b" 255 255 255 8 8 8 5 5}}', "ff FF 0xff 10 010 0o10 101 0b101"],
      ['{{printf "%c %q %+q %U %#U" 233 233 233 233 233}}', "é 'é' '\\u00e9' U+00E9 U+00E9 'é'"],
      ['{{printf "%.3d|%8.3d|%-8.3d|%.0d|%3.0d|" 7 7 7 0 0}}', "007|     007|007     ||   |"],
      ['{{printf "%x %d %05d %+05d" -255 -1 -42 42}}', "-ff -1 -0042 +0042"],
      ['{{printf "%c%c %q" -1 1114112 55296}}', "�� '�'"],
      ['{{printf "%08b %20b" 5 5}}', "00000101                  101"],
      ['{{printf "%v %s" 1 1}}', "1 %!s(int=1)"],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });

  describe("floats", () => {
    it.each([
      [
        '{{printf "%f %.2f %8.3f|%-8.2f|%08.3f %+.1f" 3.14159 3.14159 3.14159 3.14159 3.14159 3.14159}}',
        "3.141590 3.14    3.142|3.14    |0003.142 +3.1",
      ],
      [
        '{{printf "%e %E %.0e %.3e" 12345.678 12345.678 12345.678 12345.678}}',
        "1.234568e+04 1.234568E+04 1e+04 1.235e+04",
      ],
      [
        '{{printf "%g %G %.3g %g %g %g" 1e100 1e-7 1234.5678 100000.0 1000000.0 0.0001}}',
        "1e+100 1E-07 1.23e+03 100000 1e+06 0.0001",
      ],
      ['{{printf "%.0f %.0f %.0f %.0f" 0.5 1.5 2.5 3.5}}', "0 2 2 4"],
      ['{{printf "%.1f %.2f" 0.25 1.005}}', "0.2 1.00"],
      ['{{printf "%v %6.2f|%d" 0.1 2.0 1.0}}', "0.1   2.00|%!d(float64=1)"],
      ['{{printf "%x %.1x %b" 1.5 1.999 1.5}}', "0x1.8p+00 0x1.0p+01 6755399441055744p-52"],
      ['{{printf "%#g %#v %#.3g" 1.0 1.0 1.0}}', "1.00000 1 1.00"],
      ['{{printf "%.20f" 0.1}}', "0.10000000000000000555"],
      ['{{printf "%g %e" 5e-324 1.7976931348623157e308}}', "5e-324 1.797693e+308"],
      ['{{printf "%v %.1f %d" 1i 1+2i 1i}}', "(0+1i) (1.0+2.0i) %!d(complex128=(0+1i))"],
      ['{{printf "%.0f %g %v" .n .n .f}}', "3306 3306 0.5"],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });

  describe("text", () => {
    it.each([
      ['{{printf "%s %q %v %x %X" "hé" "hé" "hé" "hé" "hé"}}', 'hé "hé" hé 68c3a9 68C3A9'],
      ['{{printf "%10s|%-10s|%.2s|%5.1s|" "größe" "größe" "größe" "größe"}}', "     größe|größe     |gr|    g|"],
      ['{{printf "%q %+q %#q %#q" "a\\tb\\"" "é🚀" "x" "a`b"}}', '"a\\tb\\"" "\\u00e9\\U0001f680" `x` "a`b"'],
      ['{{printf "%q" "\\x00\\x7f\\xff\\u2028"}}', '"\\x00\\x7f\\xff\\u2028"'],
      ['{{printf "% x|%#x|%# x|%.2x" "abc" "abc" "abc" "abc"}}', "61 62 63|0x616263|0x61 0x62 0x63|6162"],
      ['{{printf "%05s|%t|%d" "ab" "x" "y"}}', "000ab|%!t(string=x)|%!d(string=y)"],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });

  describe("other values", () => {
    it.each([
      ['{{printf "%t %v %5t|%-6v|" true false true false}}', "true false  true|false |"],
      ['{{printf "%v %d %s" nil nil nil}}', "<nil> %!d(<nil>) %!s(<nil>)"],
      ['{{printf "%6v|%-6v|" nil nil}}', " <nil>|<nil> |"],
      [
        '{{printf "%v %s %d %q" .list .words .list .words}}',
        '[1 a <nil> map[k:v]] [b a c] [%!d(float64=1) %!d(string=a) <nil> map[%!d(string=k):%!d(string=v)]] ["b" "a" "c"]',
      ],
      [
        '{{printf "%v %s %+v" .map .map .map}}',
        "map[a:map[c:deep] b:1] map[a:map[c:deep] b:%!s(float64=1)] map[a:map[c:deep] b:1]",
      ],
      [
        '{{printf "%#v" .list}} {{printf "%#v" .map}}',
        '[]interface {}{1, "a", interface {}(nil), map[string]interface {}{"k":"v"}} map[string]interface {}{"a":map[string]interface {}{"c":"deep"}, "b":1}',
      ],
      [
        '{{printf "%T %T %T %T %T %T %T" 1 1.0 "s" true nil .list .map}}',
        "int float64 string bool <nil> []interface {} map[string]interface {}",
      ],
      [
        '{{printf "%5v|%05d|%x" .words .list .words}}',
        "[    b     a     c]|[%!d(float64=00001) %!d(string=0000a) <nil> map[%!d(string=0000k):%!d(string=0000v)]]|[62 61 63]",
      ],
      ['{{printf "%T %v" (index "abc" 1) (index "abc" 1)}}', "uint8 98"],
      ['{{printf "%#v %#v %#v" 1 "a" true}}', '1 "a" true'],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });

  describe("wrong use", () => {
    it.each([
      ['{{printf "%d"}}', "%!d(MISSING)"],
      ['{{printf "%d %d" 1}}', "1 %!d(MISSING)"],
      ['{{printf "a" 1 "b" nil}}', "a%!(EXTRA int=1, string=b, <nil>)"],
      [
        '{{printf "%s" 42}} {{printf "%d" "x"}} {{printf "%z" 1}} {{printf "%!"}}',
        "%!s(int=42) %!d(string=x) %!z(int=1) %!!(MISSING)",
      ],
      [
        '{{printf "100%"}} {{printf "%" 1}} {{printf "%5%"}} {{printf "%%"}}',
        "100%!(NOVERB) %!(NOVERB)%!(EXTRA int=1) % %",
      ],
      ['{{printf "%[2]d %[1]d" 1 2}} {{printf "%[3]d" 1 2}} {{printf "%[x]d" 1}}', "2 1 %!d(BADINDEX) %!d(BADINDEX)"],
      ['{{printf "%*d|%-*d|%*d" 5 42 5 42 -5 42}}', "   42|42   |42   "],
      ['{{printf "%.*f %*d" 2 3.14159 "x" 1}}', "3.14 %!(BADWIDTH)1"],
      ['{{printf "%.*f" "x" 1.5}} {{printf "%.*f" -1 1.5}}', "%!(BADPREC)1.500000 %!(BADPREC)1.500000"],
      ['{{printf "%[2]*[1]d|" 1 5}} {{printf "%[1]2d" 1}}', "    1| %!d(BADINDEX)"],
      ['{{printf "%é" 1}} {{printf "%w" 1}}', "%!é(int=1) %!w(int=1)"],
      ['{{printf "%9999999999d" 1}}', "%!(NOVERB)%!(EXTRA int=1)"],
      ['{{printf "%.3" 1}} {{printf "%." 1}}', "%!(NOVERB)%!(EXTRA int=1) %!.(int=1)"],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });

  describe("print and println", () => {
    it.each([
      ['{{print 1 2 "a" 3 4 nil}}|{{print "a" "b"}}|{{print}}|{{print 1.5 true}}', "1 2a3 4 <nil>|ab||1.5 true"],
      ['{{println 1 "a" "b"}}|{{println}}', "1 a b\n|\n"],
    ])("%s", (template, expected) => {
      expect(execute(template, DATA)).toBe(expected);
    });
  });
});
