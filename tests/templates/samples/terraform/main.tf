locals {
  names   = ["resize-image", "send-mail"]
  default = { LEVEL = "INFO" }
}

variable "runtime" {
  default = "python3.12"
}

variable "extra" {}

data "archive_file" "worker" {
  for_each    = toset(local.names)
  type        = "zip"
  source_dir  = "${path.module}/src/${replace(each.value, "-", "_")}"
  output_path = "${path.module}/build/${each.value}.zip"
}

resource "aws_lambda_function" "worker" {
  for_each      = toset(local.names)
  function_name = "shop-${each.key}"
  filename      = data.archive_file.worker[each.key].output_path
  handler       = "${replace(each.value, "-", "_")}.handler"
  runtime       = var.runtime
  timeout       = 60
  memory_size   = 256
  architectures = ["arm64"]
  role          = aws_iam_role.worker.arn

  environment {
    variables = merge(local.default, {
      QUEUE_URL = aws_sqs_queue.jobs.url
      BUCKET    = "${aws_s3_bucket.data.bucket}"
    })
  }
}

resource "aws_sqs_queue" "jobs" {
  name       = "jobs.fifo"
  fifo_queue = true
}

resource "aws_s3_bucket" "data" {
  bucket = "data"
}

resource "aws_lambda_event_source_mapping" "jobs" {
  event_source_arn        = aws_sqs_queue.jobs.arn
  function_name           = aws_lambda_function.worker["send-mail"].arn
  batch_size              = 5
  function_response_types = ["ReportBatchItemFailures"]
  filter_criteria {
    filter {
      pattern = "{\"body\": {}}"
    }
  }
}

resource "aws_s3_bucket_notification" "data" {
  bucket = aws_s3_bucket.data.id
  lambda_function {
    lambda_function_arn = aws_lambda_function.worker["resize-image"].arn
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = "in/"
  }
}

resource "aws_lambda_permission" "data" {
  function_name = aws_lambda_function.worker["resize-image"].function_name
  principal     = "s3.amazonaws.com"
  source_arn    = aws_s3_bucket.data.arn
}

module "one" {
  source  = "./modules/worker"
  name    = "one"
  source_dir = "src/one"
  extra   = var.extra
}

module "many" {
  source     = "./modules/worker"
  for_each   = { two = "src/two" }
  name       = each.key
  source_dir = each.value
  extra      = {}
}

module "public" {
  source        = "terraform-aws-modules/lambda/aws"
  version       = "~> 7.0"
  function_name = "public"
  handler       = "public.handler"
  runtime       = "python3.13"
  source_path = [
    { path = "${path.module}/src/public", pip_requirements = true }
  ]
  environment_variables = { A = "1" }
  event_source_mapping = {
    jobs = {
      event_source_arn = aws_sqs_queue.jobs.arn
      batch_size       = 1
    }
  }
  allowed_triggers = {
    api = { service = "apigateway", source_arn = "arn:aws:execute-api:eu-west-1:1:x/*/*" }
  }
}

resource "aws_lambda_function" "built" {
  function_name = "built"
  filename      = "${path.module}/dist/built.zip"
  handler       = "built.handler"
  runtime       = "python3.12"
  environment {
    variables = var.extra
  }
}

resource "aws_s3_object" "stored" {
  bucket = aws_s3_bucket.data.id
  key    = "stored.zip"
  source = data.archive_file.worker["send-mail"].output_path
}

resource "aws_lambda_function" "stored" {
  count         = 2
  function_name = "stored-${count.index}"
  s3_bucket     = aws_s3_bucket.data.id
  s3_key        = aws_s3_object.stored.key
  handler       = "send_mail.handler"
  runtime       = "python3.12"
}

resource "aws_lambda_function" "elsewhere" {
  function_name = "elsewhere"
  s3_bucket     = "artifacts"
  s3_key        = "elsewhere/1.zip"
  handler       = "app.handler"
  runtime       = "python3.12"
}

resource "aws_cloudwatch_event_rule" "nightly" {
  schedule_expression = "rate(1 day)"
}

resource "aws_cloudwatch_event_target" "nightly" {
  rule = aws_cloudwatch_event_rule.nightly.name
  arn  = module.one.arn
}
