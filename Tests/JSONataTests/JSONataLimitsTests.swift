import Clocks
import JSON
import TestSupport
import Testing

@testable import JSONata

@Suite("Limits of JSONata")
struct JSONataLimitsTests {
    private static func small(_ change: (inout JSONataLimits) -> Void) -> JSONataLimits {
        var limits = JSONataLimits()
        limits.steps = 300_000
        change(&limits)
        return limits
    }

    @Test("a call in tail position takes no stack, however often it is made")
    func tailCalls() throws {
        let loop = "($f := function($n,$s){ $n = 0 ? $s : ($m := $n - 1; $f($m, $s + 1)) }; $f(20000, 0))"
        #expect(try evaluate(loop) == 20_000)
        let mutual = """
            ($even := function($n){ $n = 0 ? true : $odd($n - 1) }; $odd := function($n){ $n = 0 ? false : $even($n - 1) };
             $even(20001))
            """
        #expect(try evaluate(mutual) == false)
    }

    @Test("a thousand calls deep is fine, and without end is an error")
    func depth() throws {
        #expect(try evaluate("($f := function($n){ $n = 0 ? 0 : 1 + $f($n - 1) }; $f(1000))") == 1_000)
        #expect(errorCode("($f := function($n){ 1 + $f($n) }; $f(1))") == "U1001")
        #expect(errorCode("($f := function($n){ [$f($n)] }; $f(1))") == "U1001")
        #expect(errorCode("($f := function($n){ {'a':$f($n)} }; $f(1))") == "U1001")
        #expect(errorCode("($f := function($n){ $map([1],$f) }; $f(1))") == "U1001")
        #expect(errorCode("($f := function($n){ $n.$f($n) }; $f(1))") == "U1001")
        #expect(errorCode("($f := function($n){ $eval('$f(1)') & '' }; $f(1))") == "U1001")
        #expect(errorCode("($f := function($n){ $sort([1,2],$f) & '' }; $f(1))") == "U1001")
    }

    @Test("what never ends is stopped")
    func steps() {
        let limits = Self.small { _ in }
        #expect(errorCode("($f := function(){ $f() }; $f())", limits: limits) == "U1001")
        #expect(errorCode("$sum([1..1e7].($ * $))", limits: limits) == "U1001")
        #expect(errorCode("[1..1e5][$ in [1..1e5]]", limits: limits) == "U1001")
        #expect(errorCode("$distinct([1..1e6])", limits: limits) == "U1001")
    }

    @Test("arrays, strings and all together have their limits")
    func sizes() {
        let limits = Self.small {
            $0.stringBytes = 1_000
            $0.arrayElements = 1_000
            $0.totalBytes = 100_000
        }
        #expect(errorCode("[1..1e9]") == "D2014")
        #expect(errorCode("[1..1001]", limits: limits) == "U1005")
        #expect(errorCode("$append([1..600],[1..600])", limits: limits) == "U1005")
        #expect(errorCode("$pad('',1001)", limits: limits) == "U1004")
        #expect(errorCode("$pad('',-1e300)", limits: limits) == "U1004")
        #expect(errorCode("($f := function($s){ $f($s & $s) }; $f('ab'))", limits: limits) == "U1004")
        #expect(errorCode("$join([1..400].$string(), 'xyz')", limits: limits) == "U1004")
        #expect(errorCode("$replace($pad('',500,'a'),/a/,'$0$0$0')", limits: limits) == "U1004")
        #expect(errorCode("$string([1..900])", limits: limits) == "U1004")
        #expect(errorCode("[1..1000].[$,$,$,$]", limits: limits) == "U1003")
        #expect(errorCode("($f := function($o){ $f([[$o]]) }; $f(1))") == "U1006")
        #expect(errorCode("($f := function($o){ $f({'a':$o}) }; $f(1))") == "U1006")
        #expect(errorCode("$merge([1..20000].{$string():$}) ~> $keys ~> $count") == nil)
    }

    @Test(
        "texts nested too deep are refused",
        arguments: [
            ("(", "1", ")"), ("[", "", "]"), ("{'a':", "1", "}"), ("-", "a", ""), ("1+", "1", ""), ("a[", "0", "]"),
            ("$f(", "", ")"),
            ("a?b:", "c", ""), ("function($x){", "1", "}"), ("|a|", "a", "|"), ("a^(", "b", ")"), ("x:=", "1", ""),
            ("$x:=", "1", ""),
        ])
    func nesting(opening: String, middle: String, closing: String) {
        for count in [400, 600, 20_000] {
            let text = String(repeating: opening, count: count) + middle + String(repeating: closing, count: count)
            let code = errorCode(text)
            #expect(count == 400 || code?.isEmpty == false, "\(count) × \(opening)")
        }
    }

    @Test("left-leaning chains are as deep as they are long")
    func chains() {
        #expect(errorCode("1" + String(repeating: "+1", count: 400)) == nil)
        #expect(errorCode("1" + String(repeating: "+1", count: 600)) == "U1007")
        #expect(errorCode("a" + String(repeating: ".a", count: 400)) == nil)
        #expect(errorCode("a" + String(repeating: "[0]", count: 20_000)) == "U1007")
    }

    @Test("a regular expression that would never end is stopped, and many that take long, too")
    func regularExpressions() {
        let hostile = "'" + String(repeating: "a", count: 60) + "b'"
        #expect(errorCode("$match(\(hostile),/(a+)+$/)") == "D4004")
        #expect(errorCode("$replace('aaa',/x*/,'y')") == "D1004")
    }

    @Test("chains of closures, partial applications and compositions are freed without recursion")
    func chainsOfFunctions() throws {
        let closures = "($f := function($n,$g){ $n = 0 ? $type($g) : $f($n-1, function(){ $g }) }; $f(30000, 1))"
        #expect(try evaluate(closures) == "function")
        let partials = "($f := function($n,$g){ $n = 0 ? $type($g) : $f($n-1, $g(?)) }; $f(30000, $string))"
        #expect(try evaluate(partials) == "function")
        #expect(
            errorCode("($f := function($n,$g){ $n = 0 ? $g(1) : $f($n-1, $g ~> $string) }; $f(30000, $string))")
                == "U1001")
    }

    @Test("a thread with a stack of 512 KiB is enough for what is deepest")
    func smallStack() {
        let deepArray = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        let deepObject = String(repeating: "{\"a\":", count: 500) + "1" + String(repeating: "}", count: 500)
        for text in [deepArray, deepObject] {
            let input = try? JSONValue(parsing: text)
            for expression in [
                "a", "**", "*", "$ = $clone($)", "$distinct([$,$])", "$string($)", "$keys($)", "$spread($)",
                "$boolean($)", "$ ~> |**|{'b':1}|", "$lookup($,'a')", "$$", "[[[$]]]", "$ in [$]", "$string($,true)",
            ] {
                SmallStack.run { _ = errorCode(expression, input) }
            }
        }
        for (opening, middle, closing) in [
            ("(", "1", ")"), ("[", "1", "]"), ("{'a':", "1", "}"), ("-", "a", ""), ("1+", "1", ""), ("a[", "0", "]"),
            ("a?b:", "c", ""), ("function($x){", "1", "}"), ("a^(", "b", ")"), ("$x:=", "1", ""), ("a.(", "b", ")"),
            ("$string(", "1", ")"),
        ] {
            for count in [245, 495] {
                let text = String(repeating: opening, count: count) + middle + String(repeating: closing, count: count)
                SmallStack.run { _ = errorCode(text, ["a": 1, "b": 1]) }
            }
        }
        for body in [
            "1 + $f($n)", "[$f($n)]", "$map([1],$f)", "$n.$f($n)", "$eval('$f(1)') & ''", "{'a':$f($n)}",
            "[1,2]^($f($n))", "[1]@$x.$f($n)", "{} ~> |$|$f($n)|", "$replace('a',/a/,function($m){$f(1)})",
            "$sort([1,2],$f)", "[1][$f($n)]", "$reduce([1,2],function($a,$b){$f($a)})", "$f(?)($n)", "($f ~> $f)($n)",
        ] {
            SmallStack.run { #expect(outcome("($f := function($n){ \(body) }; $f(1))") == "U1001", "\(body)") }
        }
    }

    @Test(
        "numbers beyond all bounds are errors or harmless, never traps",
        arguments: [
            "$substring('abc',1e300,-1e300)", "$substring('abc',-1e300,1e300)", "$split('abc','',1e300)",
            "[1,2][1e300]",
            "[1,2][-1e300]", "[1,2][[0,1e300]]", "$round(1e300,-1e300)", "$formatBase(1e300,36)",
            "$formatNumber(1e300,'0')",
            "$fromMillis(8.64e15,'[Y][d][W][w][x][X]')", "$fromMillis(-8.64e15,'[Y][d][W][w][x][X]')",
            "$fromMillis(0,'[Y]','-9999')",
            "$toMillis('99999999999999999999','[Y]')", "$toMillis('1-99999999999-1','[Y]-[M]-[D]')",
            "$formatInteger(1e300,'w')",
            "$formatInteger(-1e300,'#,##0')", "$formatNumber(1e-300,'0.0e0')", "$match('a',/a/,1e300)",
            "$replace('a','a','b',1e300)",
            "[-1e300..1e300]", "$fromMillis(0,'[Y,1-999999999999999999999]')", "$fromMillis(0,'[Y,99999999999]')",
            "0/0", "1/0",
            "$formatNumber(0/0,'0')", "$pad('a',0/0)", "$substring('abc',0/0)", "$power(0/0,1)", "[1,2][0/0]",
            "$sum([1/0])",
        ])
    func extremes(expression: String) { _ = outcome(expression) }
}
