import { IsInt, IsOptional, IsString, Length, Matches, MaxLength, Min } from 'class-validator'
import { contract, Nested } from '../contract.js'
import { slugPattern } from './request.js'

/** A document that is to be published. */
export class SignOffDocument {
  @Matches(slugPattern) id!: string
  @IsInt() @Min(1) version!: number
  @IsString() @Length(1, 200) title!: string
  @IsOptional() @IsString() @MaxLength(2_000) summary?: string | null
  @IsString() @Length(1, 200_000) body!: string
}

/** Input of the workflow `manager_sign_off`. */
export class SignOffRequest {
  @Nested(() => SignOffDocument) document!: SignOffDocument
  /** Whose signature is waited for, such as `head-of-training`. */
  @Matches(slugPattern) waitingFor!: string
}

/** Input of `training.publish`. */
export class PublishInput {
  @Nested(() => SignOffDocument) document!: SignOffDocument
  @IsString() @Length(1, 300) approvedBy!: string
}

/** Output of `training.publish`. */
export class PublishOutput {
  @Matches(/^pub-[0-9a-f]{16}$/) publicationId!: string
  @Matches(slugPattern) documentId!: string
  @IsInt() @Min(1) version!: number
  /** Of the body's UTF-8 bytes. */
  @Matches(/^[0-9a-f]{64}$/) sha256!: string
}

contract('manager_sign_off.input.v1', SignOffRequest)
contract('training.publish.input.v1', PublishInput)
contract('training.publish.output.v1', PublishOutput)
