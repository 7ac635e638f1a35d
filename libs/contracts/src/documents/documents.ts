import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator'
import { contract, Nested, NestedList } from '../contract.js'

/** Input of the workflows `document_pipeline` and `entity_pipeline`, and of `documents.ingest`. */
export class DocumentRequest {
  @IsString() @Length(1, 100) documentId!: string
  @IsString() @Length(1, 100_000) text!: string
  /** For drills: how many calls on this document the reference service shall refuse before it answers. */
  @IsOptional() @IsInt() @Min(0) @Max(100) drillFailures?: number | null
}

/** Output of `documents.ingest`. */
export class IngestedDocument {
  @IsString() @Length(1, 100) documentId!: string
  @IsString() @MaxLength(300) title!: string
  @IsArray() @ArrayMaxSize(5_000) @IsString({ each: true }) sentences!: string[]
  /** The words that the document is about, most frequent first. */
  @IsArray() @ArrayMaxSize(20) @IsString({ each: true }) terms!: string[]
  @IsInt() @Min(0) words!: number
  /** Of the text's UTF-8 bytes. */
  @Matches(/^[0-9a-f]{64}$/) sha256!: string
}

export const entityKinds = ['name', 'date', 'amount', 'share'] as const

/** Something that a document names. */
export class DocumentEntity {
  @IsIn(entityKinds) kind!: (typeof entityKinds)[number]
  @IsString() @Length(1, 200) text!: string
  @IsInt() @Min(1) mentions!: number
}

/** Input of `documents.extract`. */
export class ExtractEntitiesInput {
  @Nested(() => IngestedDocument) document!: IngestedDocument
}

/** Output of `documents.extract`. */
export class ExtractEntitiesOutput {
  @NestedList(() => DocumentEntity, { max: 100 }) entities!: DocumentEntity[]
}

/** Input of `documents.enrich`. */
export class EnrichInput {
  @IsString() @Length(1, 100) documentId!: string
  @IsArray() @ArrayMaxSize(100) @IsString({ each: true }) @MaxLength(200, { each: true }) terms!: string[]
  @IsOptional() @IsInt() @Min(0) @Max(100) drillFailures?: number | null
}

/** What the reference service knows of a term. */
export class Enrichment {
  @IsString() @Length(1, 200) term!: string
  @IsString() @Length(1, 500) fact!: string
  @IsString() @Length(1, 100) source!: string
}

/** Output of `documents.enrich`. */
export class EnrichOutput {
  @NestedList(() => Enrichment, { max: 100 }) enrichments!: Enrichment[]
  @IsArray() @ArrayMaxSize(100) @IsString({ each: true }) unknown!: string[]
}

/** Input of `documents.summarize`. */
export class SummarizeInput {
  @Nested(() => IngestedDocument) document!: IngestedDocument
  @NestedList(() => Enrichment, { max: 100 }) enrichments!: Enrichment[]
  @IsOptional() @NestedList(() => DocumentEntity, { max: 100 }) entities?: DocumentEntity[] | null
}

/** Output of `documents.summarize`. */
export class SummarizeOutput {
  @IsString() @Length(1, 20_000) summary!: string
  @IsArray() @ArrayMaxSize(20) @IsInt({ each: true }) sentenceIndexes!: number[]
}

contract('documents.ingest.input.v1', DocumentRequest)
contract('documents.ingest.output.v1', IngestedDocument)
contract('documents.extract.input.v1', ExtractEntitiesInput)
contract('documents.extract.output.v1', ExtractEntitiesOutput)
contract('documents.enrich.input.v1', EnrichInput)
contract('documents.enrich.output.v1', EnrichOutput)
contract('documents.summarize.input.v1', SummarizeInput)
contract('documents.summarize.output.v1', SummarizeOutput)
