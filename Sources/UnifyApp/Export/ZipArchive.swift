internal import NIOCore

/// A zip file (PKWARE's APPNOTE, 6.3) whose entries are stored without compression: at most 4 GiB in all.
struct ZipArchive {
    private struct Entry {
        let name: String
        let checksum: UInt32
        let size: UInt32
        let offset: UInt32
    }

    /// 1980-01-01, the earliest date that the format has: what is inside says when it was made.
    private static let date: UInt16 = 0x0021
    /// Names are UTF-8.
    private static let flags: UInt16 = 0x0800
    private static let version: UInt16 = 20

    private var buffer = ByteBuffer()
    private var entries: [Entry] = []

    mutating func add(_ name: String, _ content: some Collection<UInt8>) {
        let entry = Entry(
            name: name, checksum: CRC32.checksum(of: content), size: UInt32(content.count),
            offset: UInt32(buffer.writerIndex))
        buffer.writeInteger(UInt32(0x0403_4B50), endianness: .little)
        writeShared(entry)
        buffer.writeInteger(UInt16(0), endianness: .little)
        buffer.writeString(name)
        buffer.writeBytes(content)
        entries.append(entry)
    }

    /// The archive with its directory.
    consuming func finish() -> ByteBuffer {
        let start = UInt32(buffer.writerIndex)
        for entry in entries {
            buffer.writeInteger(UInt32(0x0201_4B50), endianness: .little)
            buffer.writeInteger(Self.version, endianness: .little)
            writeShared(entry)
            // No extra field, no comment, first disk, no attributes.
            buffer.writeRepeatingByte(0, count: 12)
            buffer.writeInteger(entry.offset, endianness: .little)
            buffer.writeString(entry.name)
        }
        let size = UInt32(buffer.writerIndex) - start
        buffer.writeInteger(UInt32(0x0605_4B50), endianness: .little)
        buffer.writeRepeatingByte(0, count: 4)
        for _ in 0..<2 { buffer.writeInteger(UInt16(entries.count), endianness: .little) }
        buffer.writeInteger(size, endianness: .little)
        buffer.writeInteger(start, endianness: .little)
        buffer.writeInteger(UInt16(0), endianness: .little)
        return buffer
    }

    /// The part that an entry's own header and its line in the directory have in common.
    private mutating func writeShared(_ entry: Entry) {
        for field in [Self.version, Self.flags, 0, 0, Self.date] { buffer.writeInteger(field, endianness: .little) }
        for field in [entry.checksum, entry.size, entry.size] { buffer.writeInteger(field, endianness: .little) }
        buffer.writeInteger(UInt16(entry.name.utf8.count), endianness: .little)
    }
}
