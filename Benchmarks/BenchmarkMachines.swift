import Clocks
import JSON
import StatesLanguage

/// State machines that are measured, and what they are run as.
enum BenchmarkMachines {
    /// Pass and Choice in a circle that ends at the history's limit of 25,000 events.
    static let circle = #"""
        {"StartAt": "A", "States": {
          "A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "C"},
          "C": {"Type": "Choice", "Choices": [{"Variable": "$.go", "BooleanEquals": true, "Next": "A"}], "Default": "D"},
          "D": {"Type": "Succeed"}}}
        """#

    /// Passes one after the other, each with a result that it adds to its input.
    static let chain = chain(count: 1_000)

    static func chain(count: Int) -> String {
        let states = (0..<count).map { index in
            let next = index == count - 1 ? #""End": true"# : #""Next": "P\#(index + 1)""#
            return #""P\#(index)": {"Type": "Pass", "Result": {"n": \#(index)}, "ResultPath": "$.r", \#(next)}"#
        }
        return #"{"StartAt": "P0", "States": {\#(states.joined(separator: ", "))}}"#
    }

    /// A Map of one Pass over the items of its input.
    static let map = #"""
        {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "End": true, "ItemProcessor": {
          "StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}}}}
        """#

    /// The same with an execution for each item.
    static let distributedMap = #"""
        {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "End": true, "ItemProcessor": {
          "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
          "StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}}}}
        """#

    /// Choices of JSONata over a small order, with a variable and an output that is made anew each time.
    static let jsonata = #"""
        {"QueryLanguage": "JSONata", "StartAt": "A", "States": {
          "A": {"Type": "Choice", "Choices": [
            {"Condition": "{% $sum($states.input.lines.(price * quantity)) > 1000 %}", "Next": "End"},
            {"Condition": "{% $count($states.input.lines[quantity > 3]) = 2 and $states.input.customer.country in ['NZ', 'AU'] %}",
             "Next": "B", "Assign": {"seen": "{% $states.input.customer.name & ' ' & $string($states.input.number) %}"}}],
            "Default": "End"},
          "B": {"Type": "Choice", "Choices": [
            {"Condition": "{% $contains($seen, 'Kiri') and $length($seen) > 4 %}", "Next": "A",
             "Output": {"number": "{% $states.input.number + 1 %}", "customer": "{% $states.input.customer %}",
               "lines": "{% $states.input.lines %}"}}], "Default": "End"},
          "End": {"Type": "Succeed"}}}
        """#

    static let order: JSONValue = [
        "number": 1, "customer": ["name": "Kiri", "country": "NZ"],
        "lines": [
            ["sku": "a", "price": 12.5, "quantity": 4], ["sku": "b", "price": 3, "quantity": 1],
            ["sku": "c", "price": 99, "quantity": 5],
        ],
    ]

    /// Five states without a task, as most of an execution's own work is.
    static let five = #"""
        {"StartAt": "A", "States": {
          "A": {"Type": "Pass", "Result": {"rows": 11000}, "ResultPath": "$.made", "Next": "B"},
          "B": {"Type": "Choice", "Choices": [{"Variable": "$.made.rows", "NumericGreaterThan": 100, "Next": "C"}], "Default": "E"},
          "C": {"Type": "Pass", "Parameters": {"file.$": "$.file", "rows.$": "$.made.rows"}, "Next": "D"},
          "D": {"Type": "Pass", "OutputPath": "$.rows", "Next": "E"},
          "E": {"Type": "Succeed"}}}
        """#

    /// Five states, one of them a task, so that an execution takes two steps.
    static let fiveWithTask = #"""
        {"StartAt": "A", "States": {
          "A": {"Type": "Pass", "Result": {"rows": 11000}, "ResultPath": "$.made", "Next": "B"},
          "B": {"Type": "Choice", "Choices": [{"Variable": "$.made.rows", "NumericGreaterThan": 100, "Next": "C"}], "Default": "E"},
          "C": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f", "Next": "D"},
          "D": {"Type": "Pass", "Parameters": {"file.$": "$.file"}, "Next": "E"},
          "E": {"Type": "Succeed"}}}
        """#

    static let fiveInput = #"{"file": "streams/2024-06-25.csv", "bucket": "rds.data"}"#

    static let identity = ExecutionIdentity(
        arn: "arn:aws:states:us-east-1:000000000000:execution:m:e", name: "e",
        stateMachineARN: "arn:aws:states:us-east-1:000000000000:stateMachine:m", stateMachineName: "m", roleARN: "r")

    static let time = Timestamp(secondsSinceEpoch: 1_719_309_600)
}
