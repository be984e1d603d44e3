# SPDX-License-Identifier: MIT
# What AWS answers in China, where all names of resources begin otherwise.

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}
mock_data "aws_partition" {
  defaults = { partition = "aws-cn", dns_suffix = "amazonaws.com.cn" }
}
mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws-cn:sns:cn-north-1:123456789012:topic" }
}
mock_resource "aws_s3_bucket" {
  defaults = { arn = "arn:aws-cn:s3:::bucket" }
}
mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws-cn:iam::123456789012:role/runner" }
}
mock_resource "aws_iam_policy" {
  defaults = { arn = "arn:aws-cn:iam::123456789012:policy/runner" }
}
