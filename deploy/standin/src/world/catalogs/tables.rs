//! The tables of the sample catalogs, column by column. Their rows are made in `sql::sample`.

use super::{Column, Schema, Source, Table};

const fn key(name: &'static str, data_type: &'static str, description: &'static str) -> Column {
    Column { name, data_type, not_null: true, unique: true, description }
}

const fn must(name: &'static str, data_type: &'static str, description: &'static str) -> Column {
    Column { name, data_type, not_null: true, unique: false, description }
}

const fn may(name: &'static str, data_type: &'static str, description: &'static str) -> Column {
    Column { name, data_type, not_null: false, unique: false, description }
}

const fn table(
    name: &'static str,
    sample: &'static str,
    columns: &'static [Column],
    description: &'static str,
) -> Table {
    Table { name, source: Source::Sample(sample), columns, cacheable: false, dynamic: false, description }
}

const fn cacheable(
    name: &'static str,
    sample: &'static str,
    columns: &'static [Column],
    description: &'static str,
) -> Table {
    Table { name, source: Source::Sample(sample), columns, cacheable: true, dynamic: false, description }
}

const TIME: &str = "timestamp(6)";

pub(super) const PEAKA: &[Schema] = &[
    Schema {
        name: "table",
        tables: &[
            table(
                "targets",
                "$targets",
                &[
                    key("id", "bigint", "Row number"),
                    must("month", "date", "First day of the month"),
                    must("country", "varchar", "Two-letter country code"),
                    must("revenue_target", "double", "Planned revenue in EUR"),
                ],
                "Revenue targets by month and country",
            ),
            Table {
                name: "about_project",
                source: Source::AboutProject,
                columns: &[
                    key("project_id", "varchar", "Id of the project"),
                    must("project_name", "varchar", "Name of the project"),
                    must("organization_name", "varchar", "Name of the organization"),
                ],
                cacheable: false,
                dynamic: false,
                description: "Which project this is",
            },
        ],
    },
    Schema { name: "bitable", tables: &[] },
];

pub(super) const QUERIES: &[Schema] =
    &[Schema { name: "query", tables: &[] }, Schema { name: "mtquery", tables: &[] }];

pub(super) const STOREFRONT: &[Schema] = &[
    Schema {
        name: "public",
        tables: &[
            table(
                "customers",
                "$customers",
                &[
                    key("id", "bigint", "Customer number"),
                    must("first_name", "varchar", "Given name"),
                    must("last_name", "varchar", "Family name"),
                    key("email", "varchar", "E-mail address"),
                    must("country", "varchar", "Two-letter country code"),
                    may("city", "varchar", "null"),
                    must("is_active", "boolean", "Whether the account is open"),
                    must("created_at", TIME, "When the account was opened"),
                ],
                "People who have an account",
            ),
            table(
                "products",
                "$products",
                &[
                    key("id", "bigint", "Product number"),
                    key("sku", "varchar", "Stock keeping unit"),
                    must("name", "varchar", "Name on the price tag"),
                    must("category", "varchar", "Category in the shop"),
                    must("price", "double", "List price in EUR"),
                    must("in_stock", "boolean", "Whether it can be sent today"),
                ],
                "What is sold",
            ),
            table(
                "orders",
                "$orders",
                &[
                    key("id", "bigint", "Order number"),
                    must("customer_id", "bigint", "Who ordered: customers.id"),
                    must("status", "varchar", "paid, shipped, returned or cancelled"),
                    must("total_amount", "double", "Sum of the order's items in EUR"),
                    may("coupon", "varchar", "Code of the coupon, if one was used"),
                    must("created_at", TIME, "When it was placed"),
                ],
                "Orders placed in the shop",
            ),
            table(
                "order_items",
                "$order_items",
                &[
                    key("id", "bigint", "Row number"),
                    must("order_id", "bigint", "orders.id"),
                    must("product_id", "bigint", "products.id"),
                    must("quantity", "bigint", "Pieces"),
                    must("unit_price", "double", "Price paid a piece in EUR"),
                ],
                "What each order holds",
            ),
        ],
    },
    Schema {
        name: "inventory",
        tables: &[table(
            "stock_levels",
            "$stock_levels",
            &[
                must("product_id", "bigint", "products.id"),
                must("warehouse", "varchar", "Where it lies"),
                must("quantity", "bigint", "Pieces on the shelf"),
                may("restocked_on", "date", "Last delivery"),
            ],
            "Pieces by product and warehouse",
        )],
    },
];

pub(super) const PAYMENTS: &[Schema] = &[Schema {
    name: "payment",
    tables: &[
        cacheable(
            "charges",
            "$charges",
            &[
                key("id", "varchar", "Charge id"),
                must("customer", "varchar", "customers.id"),
                must("amount", "bigint", "Cents"),
                must("currency", "varchar", "Lower-case ISO code"),
                must("paid", "boolean", "Whether the money arrived"),
                must("status", "varchar", "succeeded, pending or failed"),
                may("failure_code", "varchar", "Why it failed"),
                must("created", TIME, "When it was made"),
                may("_q_created_gte", "varchar", "null"),
            ],
            "Payments, one row a charge",
        ),
        cacheable(
            "customers",
            "$stripe_customers",
            &[
                key("id", "varchar", "Customer id"),
                must("email", "varchar", "E-mail address"),
                must("name", "varchar", "Full name"),
                must("balance", "bigint", "Cents"),
                must("delinquent", "boolean", "Whether a bill is overdue"),
                must("created", TIME, "When the record was made"),
            ],
            "Customers as the payment service knows them",
        ),
        Table {
            name: "invoice_lines",
            source: Source::Sample("$invoice_lines"),
            columns: &[
                key("id", "varchar", "Line id"),
                must("invoice", "varchar", "Invoice id"),
                must("amount", "bigint", "Cents"),
                may("description", "varchar", "Text on the bill"),
                may("_q_invoice_id", "varchar", "null"),
            ],
            cacheable: true,
            dynamic: true,
            description: "Lines of an invoice; asks for the invoice in _q_invoice_id",
        },
    ],
}];
