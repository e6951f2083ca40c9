import HTTPClient

/// The services that are called.
package enum AWSService: String, Sendable {
    case s3
    case dynamodb
    case lambda
    case sts
}

/// Where a service is: its address, and what is signed for it.
package struct ServiceEndpoint: Sendable, Hashable {
    package let isSecure: Bool
    /// A name or address, an IPv6 address in brackets.
    package let host: String
    /// Nil for the scheme's own.
    package let port: UInt16?
    /// What every path begins with, without a slash at its end.
    package let pathPrefix: String
    /// Whether someone gave the address, and it is not AWS's own: an emulator, another product, a VPC endpoint. No proxy
    /// is used for it, and buckets are in the path.
    package let isCustom: Bool

    package init(isSecure: Bool, host: String, port: UInt16? = nil, pathPrefix: String = "", isCustom: Bool = false) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.pathPrefix = pathPrefix
        self.isCustom = isCustom
    }

    /// Reads `http(s)://HOST[:PORT][/PATH]`; nil for anything else.
    package init?(custom text: String) {
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else { return nil }
        var rest = text.dropFirst(isSecure ? 8 : 7)
        var path = ""
        if let slash = rest.firstIndex(of: "/") {
            path = String(rest[slash...])
            rest = rest[..<slash]
        }
        while path.last == "/" { path.removeLast() }
        guard path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") })
        else { return nil }
        var port: UInt16?
        if let colon = rest.lastIndex(of: ":"), rest.last != "]" {
            guard let number = UInt16(rest[rest.index(after: colon)...]), number > 0 else { return nil }
            port = number
            rest = rest[..<colon]
        }
        var inner = rest
        if rest.first == "[", rest.last == "]" { inner = rest.dropFirst().dropLast() }
        let allowsColon = inner.count != rest.count
        guard !inner.isEmpty,
            inner.utf8.allSatisfy({ HTTPAddress.isHostCharacter($0) || (allowsColon && $0 == UInt8(ascii: ":")) })
        else { return nil }
        self.init(isSecure: isSecure, host: String(rest), port: port, pathPrefix: path, isCustom: true)
    }

    /// The `Host` header: without the scheme's own port, as clients send it.
    package var authority: String {
        guard let port, port != (isSecure ? 443 : 80) else { return host }
        return "\(host):\(port)"
    }
    package var origin: String { "\(isSecure ? "https" : "http")://\(authority)" }

    func host(_ host: String) -> ServiceEndpoint {
        ServiceEndpoint(isSecure: isSecure, host: host, port: port, pathPrefix: pathPrefix, isCustom: isCustom)
    }
}

extension HTTPAddress {
    /// Whether a host's name or IPv4 address may have this byte.
    static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

extension AWSConfiguration {
    /// Where a service is ("Service-specific endpoints": variable of the service, variable for all, the profile's section
    /// of the service, the profile; `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` leaves AWS's own address).
    ///
    /// - Throws: ``AWSError`` of kind `.configuration` for an address that is no URL, or a section that isn't there.
    package func endpoint(of service: AWSService) throws(AWSError) -> ServiceEndpoint {
        let ignores = setting("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")
        if ignores?.lowercased() != "true", let text = try configuredAddress(of: service) {
            guard let endpoint = ServiceEndpoint(custom: text) else {
                throw AWSConfiguration.error("the endpoint of \(service.rawValue) is no http or https address: \(text)")
            }
            return endpoint
        }
        let isDual = setting("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")?.lowercased() == "true"
        let isFIPS = setting("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")?.lowercased() == "true"
        let isChina = region.hasPrefix("cn-")
        let suffix = isChina ? "amazonaws.com.cn" : "amazonaws.com"
        let name = service.rawValue + (isFIPS ? "-fips" : "")
        let host: String =
            switch (service, isDual) {
            case (.s3, true): "\(name).dualstack.\(region).\(suffix)"
            case (_, true): "\(name).\(region).\(isChina ? "api.amazonwebservices.com.cn" : "api.aws")"
            default: "\(name).\(region).\(suffix)"
            }
        return ServiceEndpoint(isSecure: true, host: host)
    }

    private func configuredAddress(of service: AWSService) throws(AWSError) -> String? {
        for name in ["AWS_ENDPOINT_URL_\(service.rawValue.uppercased())", "AWS_ENDPOINT_URL"] {
            if let value = environment[name], !value.isEmpty { return value }
        }
        if let section = profile?["services"], !section.isEmpty {
            guard let services = configFile.sections["services \(section)"] else {
                throw AWSConfiguration.error(
                    "the profile `\(profileName)` names services `\(section)`, which \(configFile.path) doesn't have")
            }
            if let value = services["\(service.rawValue).endpoint_url"], !value.isEmpty { return value }
        }
        return profile?["endpoint_url"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether a bucket is a path's first part rather than the host's.
    ///
    /// A name with a dot is no host of S3's certificate; emulators have no names for buckets. `addressing_style` in the
    /// profile's `s3` settings (`path`, `virtual`) says otherwise.
    package func usesPathStyle(for bucket: String, at endpoint: ServiceEndpoint) -> Bool {
        switch profile?["s3.addressing_style"]?.lowercased() {
        case "path": true
        case "virtual": bucket.contains(".") && endpoint.isSecure
        default: endpoint.isCustom || bucket.contains(".")
        }
    }
}
