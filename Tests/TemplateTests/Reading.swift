import FileSystem
import JSON
import Template
import TestSupport

/// Reads a template that is given as text, with the files beside it.
func readTemplate(
    _ text: String, files: [String: String] = [:], options: TemplateOptions = TemplateOptions()
) -> Application {
    Application.read("app/template.yaml", options: options) { path in
        if path == "app/template.yaml" { return Array(text.utf8) }
        guard let file = files[path] else {
            throw FileSystemError(code: 2, operation: "open", path: path)
        }
        return Array(file.utf8)
    }
}

/// A template of serverless resources, which begin in line 3.
func readResources(
    _ resources: String, files: [String: String] = [:], options: TemplateOptions = TemplateOptions()
) -> Application {
    readTemplate(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n" + resources, files: files, options: options)
}

/// The project's own template.
func readOwnTemplate(_ options: TemplateOptions = TemplateOptions()) -> Application {
    Application.read("\(Repository.root)/infra/template.yaml", options: options) { try FileSystem.readFile($0) }
}
