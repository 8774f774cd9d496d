import Foundation
import NIOCore
import TenancyTesting
import Testing

@testable import UnifyApp

/// The rules of RFC 8259 one by one: what every reader must take, what every reader must refuse, and what this one makes of
/// the rest.
@Suite(.tags(.proof)) struct JSONReaderTests {
    private func read(_ bytes: some Sequence<UInt8>) throws -> JSONValue {
        try JSONReader.read(ByteBuffer(bytes: bytes))
    }

    private func read(_ text: String) throws -> JSONValue { try read(text.utf8) }

    // MARK: What every reader takes

    static let valid: [(String, JSONValue)] = [
        ("null", .null), ("true", .boolean(true)), ("false", .boolean(false)), (" \t\r\n1 \t\r\n", .integer(1)),
        ("0", .integer(0)), ("-0", .integer(0)), ("-1", .integer(-1)), ("1.5", .double(1.5)), ("0.1", .double(0.1)),
        ("-0.0", .double(-0.0)), ("1e2", .double(100)), ("1E+2", .double(100)), ("1e-2", .double(0.01)),
        ("0e0", .double(0)), ("1.0e00000003", .double(1000)), ("9223372036854775807", .integer(.max)),
        ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .double(9_223_372_036_854_775_808)),
        ("1e-400", .double(0)), ("123456789012345678901234567890", .double(123_456_789_012_345_677_877_719_597_056)),
        (#""""#, .string("")), (#""a""#, .string("a")), (#""é€😀""#, .string("é€😀")), (#""\u00e9""#, .string("é")),
        (#""\u20AC\uD83D\uDE00""#, .string("€😀")), (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
        (#""\u0000""#, .string("\u{0}")), (#""a\u0022b""#, .string("a\"b")), ("\"\u{7F}\"", .string("\u{7F}")),
        ("\"\u{2028}\u{FEFF}\u{10FFFF}\"", .string("\u{2028}\u{FEFF}\u{10FFFF}")), (#""\uFFFF""#, .string("\u{FFFF}")),
        (#""\\u0041""#, .string(#"\u0041"#)), ("[]", .array([])), ("[ ]", .array([])), ("{}", .object([:])),
        ("{ }", .object([:])), ("[1 , [2],{}]", .array([.integer(1), .array([.integer(2)]), .object([:])])),
        (#"{"a":1,"b":[null]}"#, .object(["a": .integer(1), "b": .array([.null])])),
        (#"{"":0}"#, .object(["": .integer(0)])),
        (#"{"a\u0062" : "c"}"#, .object(["ab": .string("c")])),
        (#"{"A":1,"a":2}"#, .object(["A": .integer(1), "a": .integer(2)])),
    ]

    @Test(arguments: valid) func whatIsValidIsRead(text: String, value: JSONValue) throws {
        #expect(try read(text) == value)
    }

    // MARK: What every reader refuses

    static let invalid: [String] = [
        "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1;2]", "[1]]", "[1],", "[1}", "[a", "{]",
        #"{"a""#, #"{"a":"#, #"{"a":1"#, #"{"a":1,"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a" 1}"#, #"{"a":1 "b":2}"#,
        #"{"a":1]"#,
        #"{a:1}"#, #"{'a':1}"#, #"{1:1}"#, #"{null:1}"#, #"{"a":}"#, #"{"a"::1}"#, #"{"a":1}{"#, #"{"a":1} x"#, "1 2",
        "nul", "nulll", "Null", "TRUE", "tru", "fals", "undefined", "NaN", "Infinity", "-Infinity", "+1", "01", "-01",
        "00",
        "-", "--1", "1.", ".1", "-.1", "1.e1", "1e", "1e+", "1e1.5", "1ee1", "0x1", "1_000", "1,000", "١", "1a",
        #"""#, #""a"#, #"'a'"#, #""\"#, #""\""#, #""\x41""#, #""\a""#, #""\'""#, #""\u""#, #""\u1""#, #""\u123""#,
        #""\u123g""#,
        #""\u 123""#, #""\u+123""#, #""\U0041""#, #""\uD83D""#, #""\uDE00""#, #""\uDE00\uD83D""#, #""\uD83D\uD83D""#,
        #""\uD83D\n""#, #""\uD83Dx""#, #""\uD83D\u""#, "\"\n\"", "\"\t\"", "\"\u{0}\"", "\"\u{1F}\"", "\u{0}",
        "\u{FEFF}{}", "\u{A0}1",
        "\u{2028}1", "/* */1", "1// x", "# x\n1", "\u{B}1", "\u{C}1", "[1\u{0}]", #"{"a":1,"a":2}"#,
        #"{"a":1,"\u0061":1}"#,
        #"{"b":{"a":1,"a":1}}"#, "{\"é\":1,\"e\u{301}\":2}", "\"a\"\"b\"", "[\"a\",\n4,\n1,", "abc", "*", "<null>",
        "[<null>]",
    ]

    @Test(arguments: invalid) func whatIsInvalidIsRefused(text: String) throws {
        let problem = #expect(throws: Problem.self) { try read(text) }
        #expect(problem?.code == "malformed_json")
    }

    static let invalidBytes: [[UInt8]] = [
        [0xFF], [0x22, 0xFF, 0x22], [0x22, 0x80, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xC0, 0xAF, 0x22],
        [0x22, 0xE0, 0x80, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
        [0x22, 0xF8, 0x88, 0x80, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22], [0xFE, 0xFF, 0, 0x31],
        [0xFF, 0xFE, 0x31, 0],
        [0x31, 0], [0, 0x31], [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], [0x22, 0x5C, 0x6E, 0xFF, 0x22],
    ]

    @Test(arguments: invalidBytes) func whatIsNotUTF8IsRefused(bytes: [UInt8]) {
        #expect(throws: Problem.self) { try read(bytes) }
    }

    @Test func aFaultSaysTheRuleAndThePlaceAndNothingOfTheBody() throws {
        let problem = #expect(throws: Problem.self) { try read(#"{"secret":1,"secret":2}"#) }
        #expect(problem?.detail.contains("a member's name comes twice, at byte 12") == true)
        #expect(problem?.detail.contains("secret") == false)
    }

    // MARK: Bounds

    private func nested(_ depth: Int, _ open: String, _ close: String) -> String {
        String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
    }

    @Test func depth() throws {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            #expect(throws: Never.self) { try read(nested(JSONReader.maxDepth, open, close)) }
            let problem = #expect(throws: Problem.self) { try read(nested(JSONReader.maxDepth + 1, open, close)) }
            #expect(problem?.code == "malformed_json")
        }
        #expect(throws: Problem.self) { try read(String(repeating: "[", count: 1_000_000)) }
    }

    @Test func values() throws {
        let most = Array(repeating: "0", count: JSONReader.maxValues - 1).joined(separator: ",")
        #expect(throws: Never.self) { try read("[\(most)]") }
        let problem = #expect(throws: Problem.self) { try read("[\(most),0]") }
        #expect(problem?.code == "invalid_fields")
    }

    @Test func lengths() throws {
        let name = String(repeating: "n", count: JSONReader.maxNameBytes)
        #expect(throws: Never.self) { try read("{\"\(name)\":1}") }
        let problem = #expect(throws: Problem.self) { try read("{\"\(name)n\":1}") }
        #expect(problem?.code == "invalid_fields")
        let digits = String(repeating: "0", count: JSONReader.maxNumberLength - 2)
        #expect(try read("0." + digits) == .double(0))
        #expect(try read("0.0" + digits) == .double(.infinity), "no field takes it")
    }

    /// They are JSON all the same; what is wrong is the field.
    @Test(arguments: ["1e400", "-1e400", "1e+999999999999999999999", String(repeating: "9", count: 400)])
    func numbersOutOfRangeAreWellFormed(text: String) throws {
        var fields = try FieldReader(try read("{\"priority\":\(text)}"), names: ["priority"])
        _ = fields.integer("priority", in: 0...3)
        let problem = #expect(throws: Problem.self) { try fields.finish() }
        #expect(problem?.errors.map(\.field) == ["priority"])
        _ = #expect(throws: Problem.self) { try read("{\"priority\":\(text)x}") }
    }

    // MARK: Beside another reader

    /// Whether a value is what Foundation's reader made of the same text. Its numbers may differ in their last bit.
    private func isSame(_ value: JSONValue, _ other: Any) -> Bool {
        switch value {
        case .null: other is NSNull
        case .boolean(let value): (other as? NSNumber)?.boolValue == value
        case .integer(let value): (other as? NSNumber)?.int64Value == value
        case .double(let value): (other as? NSNumber).map { abs($0.doubleValue - value) <= abs(value) * 1e-15 } ?? false
        case .string(let value): (other as? String).map { Array($0.utf8) == Array(value.utf8) } ?? false
        case .array(let elements):
            (other as? [Any]).map { $0.count == elements.count && zip(elements, $0).allSatisfy(isSame) } ?? false
        case .object(let members):
            (other as? [String: Any]).map { others in
                others.count == members.count
                    && members.allSatisfy { name, value in others[name].map { isSame(value, $0) } ?? false }
            } ?? false
        }
    }

    private func random(depth: Int, _ generator: inout some RandomNumberGenerator) -> String {
        let blanks = ["", "", "", " ", "\n", "\t", "\r\n"].randomElement(using: &generator) ?? ""
        let kind = Int.random(in: depth == 0 ? 2...6 : 0...6, using: &generator)
        let count = Int.random(in: 0...4, using: &generator)
        let value =
            switch kind {
            case 0:
                "[" + (0..<count).map { _ in random(depth: depth - 1, &generator) }.joined(separator: ",") + blanks
                    + "]"
            case 1:
                "{" + (0..<count).map { "\"\($0)\" :" + random(depth: depth - 1, &generator) }.joined(separator: ",")
                    + "}"
            case 2:
                String(
                    Int64.random(in: .min ... .max, using: &generator) >> Int64.random(in: 0...63, using: &generator))
            case 3: "\(Double.random(in: -1e6...1e6, using: &generator))"
            case 4: ["true", "false", "null", "1e5", "-0.5E-3"].randomElement(using: &generator) ?? ""
            default:
                "\""
                    + (0..<count).map { _ in
                        ["a", "é", "😀", #"\n"#, #"\u00e9"#, #"\uD83D\uDE00"#, #"\""#, #"\\"#, "/", #"\/"#, "e\u{301}"]
                            .randomElement(using: &generator) ?? ""
                    }.joined() + "\""
            }
        return blanks + value + blanks
    }

    @Test func validDocumentsAreReadAsFoundationReadsThem() throws {
        var generator = SeededGenerator(seed: 20_261_127)
        for _ in 0..<2000 {
            let text = random(depth: 4, &generator)
            let expected = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
            #expect(isSame(try read(text), expected), "\(text)")
        }
    }

    private static let hostileBytes: [UInt8] = Array(#"[]{}",:\u0eE+-.1tfn"#.utf8) + [0, 0x0A, 0x80, 0xC3, 0xFF]

    /// What another reader refuses is refused here; a few changes to a valid text make most kinds of invalid ones.
    @Test func whatFoundationRefusesIsRefused() throws {
        var generator = SeededGenerator(seed: 4711)
        var refused = 0
        for _ in 0..<5000 {
            var bytes = Array(random(depth: 3, &generator).utf8)
            for _ in 0...Int.random(in: 0...2, using: &generator) {
                let place = Int.random(in: 0...bytes.count, using: &generator)
                let byte = Self.hostileBytes.randomElement(using: &generator) ?? 0
                switch Int.random(in: 0...2, using: &generator) {
                case 0: bytes.insert(byte, at: place)
                case 1 where place < bytes.count: bytes.remove(at: place)
                default: if place < bytes.count { bytes[place] = byte }
                }
            }
            let value = try? read(bytes)
            if value == nil { refused += 1 }
            let isTaken =
                (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
            // Foundation refuses numbers that are out of range, which are well-formed all the same.
            let hasLargeNumber =
                value.map { "\($0)".contains("double(inf)") || "\($0)".contains("double(-inf)") } ?? false
            #expect(value == nil || isTaken || hasLargeNumber, "\(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(refused > 1000, "the changes break most texts")
    }
}
