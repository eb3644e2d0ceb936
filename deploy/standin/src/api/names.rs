//! The names of a project, for its catalogs' listings and for SQL: which tables there are and where their rows lie.

use crate::{
    app::App,
    demo::Person,
    sql::{
        error::SqlError,
        lookup::{Lookup, Relation, RelationColumn, Rows},
    },
    world::{
        catalogs::{self, Class, Source, Table},
        places::{Organization, Project},
    },
};

/// How many rows a live read of an uncached service table stops after.
const LIVE_ROWS: usize = 100;

/// One project as one person sees it.
pub(crate) struct Names<'a> {
    pub(crate) app: &'a App,
    pub(crate) person: &'static Person,
    pub(crate) organization: &'static Organization,
    pub(crate) project: &'static Project,
}

impl Lookup for Names<'_> {
    fn table(&self, catalog: &str, schema: &str, table: &str) -> Result<Relation, SqlError> {
        let (catalog, schema, table) = (catalog.to_lowercase(), schema.to_lowercase(), table.to_lowercase());
        let named: Vec<_> = catalogs::all().iter().filter(|known| known.name == catalog).collect();
        if named.is_empty() {
            return self.semantic(&catalog, &schema, &table);
        }
        let missing = || SqlError::Statement(format!("Table '{catalog}.{schema}.{table}' does not exist"));
        let Some((catalog, schema)) = named.iter().find_map(|known| Some((known, known.schema(&schema)?)))
        else {
            return Err(SqlError::Statement(format!("Schema '{schema}' does not exist")));
        };
        let catalog_id = catalog.id(self.project.id);
        if catalog.class == Class::Queries {
            return self.saved(catalog_id, schema.name == "mtquery", &table).ok_or_else(missing);
        }
        let table = schema.table(&table).ok_or_else(missing)?;
        let rows = self.rows(catalog.class, &catalog_id, schema.name, table);
        Ok(Relation { catalog_id, rows, columns: columns(table) })
    }

    fn property(&self, name: &str) -> String {
        match name {
            "email" => self.person.email.to_owned(),
            "id" => self.person.user_id(),
            "user" | "username" => self.person.email.to_owned(),
            "firstname" | "first_name" => self.person.first_name.to_owned(),
            "lastname" | "last_name" => self.person.last_name.to_owned(),
            "project" => self.project.id.to_owned(),
            _ => String::new(),
        }
    }
}

fn columns(table: &Table) -> Vec<RelationColumn> {
    let columns = table.columns.iter();
    columns
        .map(|column| RelationColumn { name: column.name.to_owned(), data_type: column.data_type.to_owned() })
        .collect()
}

impl Names<'_> {
    fn saved(&self, catalog_id: String, materialized: bool, name: &str) -> Option<Relation> {
        self.app.studio.at(self.project.id, |desk| {
            let query = desk.query_named(name).filter(|query| !materialized || query.is_materialized())?;
            Some(Relation { catalog_id, rows: Rows::Saved(query.input_query.clone()), columns: Vec::new() })
        })
    }

    fn semantic(&self, catalog: &str, schema: &str, table: &str) -> Result<Relation, SqlError> {
        self.app.studio.at(self.project.id, |desk| {
            let of = desk.semantic_catalogs.iter().find(|known| known.name() == catalog);
            let Some(of) = of else {
                return Err(SqlError::Statement(format!("Catalog '{catalog}' not found")));
            };
            let mut tables = desk
                .semantic_tables
                .iter()
                .filter(|known| known.catalog_id == of.id && known.schema.to_lowercase() == schema)
                .peekable();
            if tables.peek().is_none() {
                return Err(SqlError::Statement(format!("Schema '{schema}' does not exist")));
            }
            let query = tables
                .find(|known| known.table.to_lowercase() == table)
                .and_then(|known| desk.queries.get(&known.query_id));
            let missing =
                || SqlError::Statement(format!("Table '{catalog}.{schema}.{table}' does not exist"));
            let rows = Rows::Saved(query.ok_or_else(missing)?.input_query.clone());
            Ok(Relation { catalog_id: of.id.clone(), rows, columns: Vec::new() })
        })
    }

    fn rows(&self, class: Class, catalog_id: &str, schema: &str, table: &Table) -> Rows {
        match table.source {
            Source::AboutProject => {
                let text = |value: &str| format!("'{}'", value.replace('\'', "''"));
                Rows::Native(format!(
                    "SELECT {} AS project_id, {} AS project_name, {} AS organization_name",
                    text(self.project.id),
                    text(self.project.name),
                    text(self.organization.name),
                ))
            }
            Source::Sample(sample) if class == Class::Service => {
                let columns = table.columns.iter().map(|column| {
                    let null = if column.is_virtual() { "NULL AS " } else { "" };
                    format!("{null}{}", column.name)
                });
                let columns = columns.collect::<Vec<_>>().join(", ");
                let sync_ms = self.app.switches().sync_ms;
                let cached = self.app.studio.at(self.project.id, |desk| {
                    desk.cache_of(catalog_id, schema, table.name).map(|cache| cache.is_filled(sync_ms))
                });
                let bound = match cached {
                    None => format!(" LIMIT {LIVE_ROWS}"),
                    // While the first sync runs, the table reads as empty.
                    Some(false) => " LIMIT 0".to_owned(),
                    Some(true) => String::new(),
                };
                Rows::Native(format!("SELECT {columns} FROM `{sample}`{bound}"))
            }
            Source::Sample(sample) => Rows::Sample(sample.to_owned()),
        }
    }
}
