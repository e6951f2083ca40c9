/// Why a package, or what goes into it, can't be made or read.
package struct PackagingError: Error, Sendable, Hashable {
    /// What a caller branches on.
    package enum Code: Sendable, Hashable {
        /// The file ends before what it announces.
        case truncated
        /// The file contradicts itself or its format.
        case malformed
        /// The file is what it says, and of a kind that is not handled: 32 bits, zip64, encryption.
        case unsupported
        /// A limit of the format, of Lambda or of this reader is exceeded.
        case tooLarge
        /// The name of an entry is none that a package may have.
        case badName
        /// What the content adds up to is not what the archive has noted.
        case badChecksum
        /// A shared library that is to be bundled is not on this machine.
        case missingLibrary
        /// zlib could not get memory.
        case outOfMemory
    }

    package let code: Code
    /// The file or entry at fault.
    package let subject: String
    /// What was found, where, and what to do.
    package let detail: String

    package init(_ code: Code, _ subject: String, _ detail: String) {
        self.code = code
        self.subject = subject
        self.detail = detail
    }
}

extension PackagingError: CustomStringConvertible {
    package var description: String { "\(subject): \(detail)" }
}
