variable "name" {}
variable "source_dir" {}
variable "extra" {}

data "archive_file" "this" {
  type        = "zip"
  source_dir  = var.source_dir
  output_path = "${path.module}/${var.name}.zip"
}

resource "aws_lambda_function" "this" {
  function_name = var.name
  filename      = data.archive_file.this.output_path
  handler       = "${var.name}.handler"
  runtime       = "python3.12"

  dynamic "environment" {
    for_each = var.extra == null ? [] : [true]
    content {
      variables = merge({ NAME = var.name }, var.extra)
    }
  }
}

output "arn" {
  value = aws_lambda_function.this.arn
}
