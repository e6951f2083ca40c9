/// What a template is read with.
package struct TemplateOptions: Sendable, Hashable {
    package var account: AccountContext
    /// Values of parameters, by name, instead of their defaults.
    package var parameters: [String: String]

    package init(account: AccountContext = AccountContext(), parameters: [String: String] = [:]) {
        self.account = account
        self.parameters = parameters
    }
}
