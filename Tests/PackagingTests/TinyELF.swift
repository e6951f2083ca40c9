/// A made-up ELF executable for x86-64 that holds what a test wants to be read, and no code.
struct TinyELF {
    var machine: UInt16 = 62
    var interpreter: String? = "/lib64/ld-linux-x86-64.so.2"
    var needed: [String] = []
    var runPath: String?
    /// Library, its versions, and a symbol that needs each.
    var versions: [(library: String, needs: [(version: String, symbol: String)])] = []
    var extraSections: [String] = []

    var bytes: [UInt8] {
        var texts: [UInt8] = [0]
        func text(_ text: String) -> UInt64 {
            let start = texts.count
            texts += Array(text.utf8) + [0]
            return UInt64(start)
        }
        // All is in one segment that is loaded at address 0x1000, so that an address is a place and 0x1000.
        let base: UInt64 = 0x1000
        var file = [UInt8](repeating: 0, count: 64 + 3 * 56)
        func address() -> UInt64 { UInt64(file.count) + base }

        let interpreterPlace = file.count
        file += interpreter.map { Array($0.utf8) + [0] } ?? []
        let interpreterSize = file.count - interpreterPlace

        var dynamic: [(UInt64, UInt64)] = needed.map { (1, text($0)) }
        if let runPath { dynamic.append((29, text(runPath))) }

        var needs: [UInt8] = []
        var symbols = [UInt8](repeating: 0, count: 24)
        var marks: [UInt8] = [0, 0]
        var number: UInt16 = 2
        for (index, library) in versions.enumerated() {
            needs.put(UInt16(1))
            needs.put(UInt16(library.needs.count))
            needs.put(UInt32(text(library.library)))
            needs.put(UInt32(16))
            needs.put(UInt32(index == versions.count - 1 ? 0 : 16 + 16 * library.needs.count))
            for (place, need) in library.needs.enumerated() {
                needs.put(UInt32(0))
                needs.put(UInt16(0))
                needs.put(number)
                needs.put(UInt32(text(need.version)))
                needs.put(UInt32(place == library.needs.count - 1 ? 0 : 16))
                symbols.put(UInt32(text(need.symbol)))
                symbols += [UInt8](repeating: 0, count: 20)
                marks.put(number)
                number += 1
            }
        }
        dynamic.append((0x6FFF_FFFE, address()))
        dynamic.append((0x6FFF_FFFF, UInt64(versions.count)))
        file += needs
        dynamic.append((6, address()))
        file += symbols
        dynamic.append((0x6FFF_FFF0, address()))
        file += marks
        dynamic.append((5, address()))
        dynamic.append((10, UInt64(texts.count)))
        file += texts
        if versions.isEmpty { dynamic.removeAll { [6, 0x6FFF_FFF0, 0x6FFF_FFFE, 0x6FFF_FFFF].contains($0.0) } }
        let dynamicPlace = file.count
        if interpreter != nil {
            for (tag, value) in dynamic + [(0, 0)] {
                file.put(tag)
                file.put(value)
            }
        }
        let dynamicSize = file.count - dynamicPlace
        let loadedSize = file.count

        let names = [".shstrtab", ".dynsym", ".text"] + extraSections
        let namesPlace = file.count
        var places: [UInt32] = []
        for name in names {
            places.append(UInt32(file.count - namesPlace))
            file += Array(name.utf8) + [0]
        }
        let namesSize = file.count - namesPlace
        let sectionsPlace = file.count
        for (index, place) in places.enumerated() {
            file.put(place)
            file.put(UInt32([3, 11][safe: index] ?? 1))
            file.put(UInt64([0, 2, 2][safe: index] ?? 0))
            file.put(UInt64(0))
            file.put(UInt64(index == 0 ? namesPlace : 0))
            file.put(UInt64([namesSize, symbols.count][safe: index] ?? 100))
            file += [UInt8](repeating: 0, count: 24)
        }

        var header: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
        header.put(UInt16(3))
        header.put(machine)
        header.put(UInt32(1))
        header.put(UInt64(0))
        header.put(UInt64(64))
        header.put(UInt64(sectionsPlace))
        header.put(UInt32(0))
        for value in [64, 56, interpreter == nil ? 1 : 3, 64, names.count, 0] { header.put(UInt16(value)) }
        for (type, place, size) in [
            (1, 0, loadedSize), (2, dynamicPlace, dynamicSize), (3, interpreterPlace, interpreterSize),
        ] {
            header.put(UInt32(type))
            header.put(UInt32(4))
            header.put(UInt64(place))
            header.put(UInt64(place) + base)
            header.put(UInt64(place) + base)
            header.put(UInt64(size))
            header.put(UInt64(size))
            header.put(UInt64(1))
        }
        file.replaceSubrange(..<header.count, with: header)
        return file
    }
}

extension [UInt8] {
    fileprivate mutating func put(_ value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
