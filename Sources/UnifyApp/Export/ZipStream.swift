internal import NIOCore

/// Writes a zip file (PKWARE's APPNOTE, 6.3) with uncompressed entries that arrive piece by piece; sizes and
/// checksums follow the content. Produces the bytes around the content; the caller sends both in turn.
struct ZipStream: Sendable {
    fileprivate struct Entry {
        let name: String
        let offset: UInt64
        /// Whether it may be larger than 4 GiB, for which sizes take eight bytes.
        let isLarge: Bool
        var checksum = CRC32()
        var size: UInt64 = 0
    }

    /// 1980-01-01, the earliest date of the format; the contents have their own dates.
    fileprivate static let date: UInt16 = 0x0021
    /// Names are UTF-8, and sizes follow the content.
    fileprivate static let flags: UInt16 = 0x0808
    fileprivate static let largeVersion: UInt16 = 45
    fileprivate static let version: UInt16 = 20
    fileprivate static let large = UInt32.max

    private var entries: [Entry] = []
    private var length: UInt64 = 0

    /// Begins an entry.
    /// - Returns: the bytes before its content.
    mutating func begin(_ name: String, isLarge: Bool) -> ByteBuffer {
        let entry = Entry(name: name, offset: length, isLarge: isLarge)
        entries.append(entry)
        var buffer = ByteBuffer()
        buffer.write(UInt32(0x0403_4B50))
        buffer.write(Self.version(of: entry))
        for field in [Self.flags, 0, 0, Self.date] { buffer.write(field) }
        buffer.write(UInt32(0))
        for _ in 0..<2 { buffer.write(isLarge ? Self.large : 0) }
        buffer.write(UInt16(name.utf8.count))
        buffer.write(UInt16(isLarge ? 20 : 0))
        buffer.writeString(name)
        if isLarge { buffer.writeLargeField([0, 0]) }
        return counted(buffer)
    }

    /// Counts a piece of the content of the entry that was begun last.
    mutating func add(_ piece: ByteBuffer) {
        piece.withUnsafeReadableBytes { entries[entries.count - 1].checksum.update($0) }
        entries[entries.count - 1].size += UInt64(piece.readableBytes)
        length += UInt64(piece.readableBytes)
    }

    /// Ends the current entry.
    /// - Returns: the bytes after its content.
    mutating func end() -> ByteBuffer {
        let entry = entries[entries.count - 1]
        var buffer = ByteBuffer()
        buffer.write(UInt32(0x0807_4B50))
        buffer.write(entry.checksum.value)
        for _ in 0..<2 {
            if entry.isLarge { buffer.write(entry.size) } else { buffer.write(UInt32(truncatingIfNeeded: entry.size)) }
        }
        return counted(buffer)
    }

    /// The directory, which ends the archive.
    mutating func finish() -> ByteBuffer {
        var buffer = ByteBuffer()
        for entry in entries { buffer.writeLine(of: entry) }
        let (start, size) = (length, UInt64(buffer.readableBytes))
        let isLarge = start >= UInt64(Self.large) || entries.contains(where: \.isLarge)
        if isLarge { buffer.writeLargeEnd(entries.count, size: size, start: start) }
        buffer.write(UInt32(0x0605_4B50))
        buffer.write(UInt32(0))
        for _ in 0..<2 { buffer.write(UInt16(entries.count)) }
        buffer.write(UInt32(size))
        buffer.write(isLarge ? Self.large : UInt32(start))
        buffer.write(UInt16(0))
        return counted(buffer)
    }

    private mutating func counted(_ buffer: ByteBuffer) -> ByteBuffer {
        length += UInt64(buffer.readableBytes)
        return buffer
    }

    fileprivate static func version(of entry: Entry) -> UInt16 { entry.isLarge ? largeVersion : version }
}

extension ByteBuffer {
    fileprivate mutating func write(_ value: some FixedWidthInteger) { writeInteger(value, endianness: .little) }

    /// The extra field for values of eight bytes (4.5.3).
    fileprivate mutating func writeLargeField(_ values: [UInt64]) {
        write(UInt16(1))
        write(UInt16(values.count * 8))
        for value in values { write(value) }
    }

    /// An entry's line of the directory.
    fileprivate mutating func writeLine(of entry: ZipStream.Entry) {
        write(UInt32(0x0201_4B50))
        for _ in 0..<2 { write(ZipStream.version(of: entry)) }
        for field in [ZipStream.flags, 0, 0, ZipStream.date] { write(field) }
        write(entry.checksum.value)
        for _ in 0..<2 { write(entry.isLarge ? ZipStream.large : UInt32(truncatingIfNeeded: entry.size)) }
        write(UInt16(entry.name.utf8.count))
        write(UInt16(entry.isLarge ? 28 : 0))
        // No comment, first disk, no attributes.
        writeRepeatingByte(0, count: 10)
        write(entry.isLarge ? ZipStream.large : UInt32(truncatingIfNeeded: entry.offset))
        writeString(entry.name)
        if entry.isLarge { writeLargeField([entry.size, entry.size, entry.offset]) }
    }

    /// The zip64 end of the directory, and its locator (4.3.14, 4.3.15).
    fileprivate mutating func writeLargeEnd(_ count: Int, size: UInt64, start: UInt64) {
        write(UInt32(0x0606_4B50))
        write(UInt64(44))
        for _ in 0..<2 { write(ZipStream.largeVersion) }
        for _ in 0..<2 { write(UInt32(0)) }
        for _ in 0..<2 { write(UInt64(count)) }
        write(size)
        write(start)
        write(UInt32(0x0706_4B50))
        write(UInt32(0))
        write(start + size)
        write(UInt32(1))
    }
}
